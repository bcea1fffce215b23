// The memory of a session, predicted: shapes, order, reuse and arena, on graphs small enough to follow by hand.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../../../../../worker/engine/graph/graph-builder.ts";
import { CPU } from "../../../../../../worker/engine/graph/lower/convolution/tuning.ts";
import { lowerProgram } from "../../../../../../worker/engine/graph/lower/lower.ts";
import { allocations } from "../../../../../../worker/engine/graph/memory/allocations.ts";
import { arenaBytes } from "../../../../../../worker/engine/graph/memory/arena.ts";
import { asExecuted } from "../../../../../../worker/engine/graph/memory/as-executed.ts";
import { executionOrder } from "../../../../../../worker/engine/graph/memory/execution-order.ts";
import { sessionMemory } from "../../../../../../worker/engine/graph/memory/session-memory.ts";
import { valueTypes } from "../../../../../../worker/engine/graph/memory/value-shapes.ts";
import type { OnnxGraph } from "../../../../../../worker/engine/graph/onnx.ts";
import { FIXED } from "../../../../../support/kernel-cases/all.ts";
import { programOf } from "../../../../../support/oracle.ts";

const MIB = 2 ** 20;

/** [256, n] and a result made of it. */
function graphOf(body: (builder: GraphBuilder, x: string) => string, columns = 1024): OnnxGraph {
  const builder = new GraphBuilder(CPU);
  const spec = { dtype: "float32", shape: [256, columns] } as const;
  const result = body(builder, builder.input("x", spec));
  builder.output("y", result, spec);
  return builder.graph();
}

function blocksOf(graph: OnnxGraph): readonly string[] {
  const executed = asExecuted(graph);
  const turns = allocations(executed, executionOrder(executed), valueTypes(graph));
  return turns.flatMap(({ allocates }) => allocates.map(({ block }) => block));
}

test("every fixed kernel case has the shapes that its program says", async () => {
  for (const oracleCase of FIXED) {
    const program = await programOf(oracleCase);
    const graph = lowerProgram(program);
    const types = valueTypes(graph);
    for (const { name, type, shape } of graph.outputs)
      expect(types.get(name), `${oracleCase.name}: ${name}`).toEqual({ type, shape });
  }
});

test("a value frees its memory after its last use, and one of the same shape takes it", () => {
  // sin → cos → sin again: two blocks in turn, the third takes the first's
  const graph = graphOf((b, x) => b.node("Sqrt", [b.node("Exp", [b.node("Cos", [b.node("Sin", [x])])])]));
  expect(blocksOf(graph)).toEqual(["Sin_0", "Cos_1"]);
});

test("activations compute in place, arithmetic does not", () => {
  expect(blocksOf(graphOf((b, x) => b.node("Neg", [b.node("Relu", [b.node("Sin", [x])])])))).toEqual(["Sin_0"]);
  expect(blocksOf(graphOf((b, x) => b.node("Relu", [b.node("Neg", [b.node("Sin", [x])])])))).toEqual(["Sin_0", "Neg_1"]);
}); // prettier-ignore

test("a block that is taken again lasts from its first value to its last", () => {
  // 1 MiB made and read, then 4 MiB, then 1 MiB of the first shape again
  const wide = (b: GraphBuilder, x: string): string => b.node("Concat", [x, x, x, x], { axis: 1 });
  const graph = graphOf((b, x) => {
    const narrow = b.node("Slice", [wide(b, b.node("Sin", [x])), b.ints([0]), b.ints([1024]), b.ints([1])]);
    return b.node("Neg", [b.node("Cos", [narrow])]);
  });
  const executed = asExecuted(graph);
  const turns = allocations(executed, executionOrder(executed), valueTypes(graph));
  const of = (at: number): string[] => turns[at].allocates.map(({ block }) => block);
  expect([of(0), of(1), of(2)]).toEqual([["Sin_0"], ["Concat_1"], []]); // the slice lies where the sine lay
  expect(turns[1].frees).toEqual([]);
  expect(arenaBytes(turns)).toBeGreaterThanOrEqual(5 * MIB);
});

test("ONNX Runtime goes depth first from the last result", () => {
  const builder = new GraphBuilder(CPU);
  const spec = { dtype: "float32", shape: [2] } as const;
  const x = builder.input("x", spec);
  builder.output("first", builder.node("Sin", [x]), spec);
  builder.output("second", builder.node("Neg", [builder.node("Cos", [x])]), spec);
  expect(executionOrder(asExecuted(builder.graph())).map(({ op }) => op)).toEqual(["Cos", "Neg", "Sin"]);
});

test("a transpose that only products read costs nothing", () => {
  const graph = graphOf((b, x) => {
    const square = b.node("MatMul", [x, b.transpose(x, [1, 0])]); // [256, 256]
    return b.node("MatMul", [square, x]);
  });
  expect(blocksOf(graph)).toEqual(["MatMul_1"]);
});

test("an arena takes whole chunks of less than twice the size, cuts larger ones, and gives nothing back", () => {
  const turn = (block: string, mib: number, frees: readonly string[]) => ({ allocates: [{ block, bytes: mib * MIB }], frees });
  // 3 MiB in a region of 4; 2 MiB is more than half of the 3, so it takes all of them; 1 MiB is cut from them
  expect(arenaBytes([turn("a", 3, ["a"]), turn("b", 2, ["b"]), turn("c", 1, ["c"])])).toBe(3 * MIB);
  // both at once: the second finds no room in the region of 4 and gets the next, of 8
  expect(arenaBytes([turn("a", 3, []), turn("b", 3, ["a", "b"])])).toBe(6 * MIB);
}); // prettier-ignore

test("a program's memory is the same whenever it is predicted, and grows with its shapes", () => {
  const body = (b: GraphBuilder, x: string): string => b.node("Neg", [b.node("Cos", [b.node("Sin", [x])])]);
  expect(sessionMemory(graphOf(body))).toEqual(sessionMemory(graphOf(body)));
  expect(sessionMemory(graphOf(body)).values).toBe(2 * MIB);
  expect(sessionMemory(graphOf(body, 2048)).values).toBe(4 * MIB);
});
