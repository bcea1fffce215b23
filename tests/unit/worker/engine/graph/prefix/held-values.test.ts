// How often a prefix runs, and what becomes of its values.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { loadOnnxRuntime } from "../../../../../../worker/engine/graph/onnxruntime.ts";
import type { OnnxGraph, OnnxPort } from "../../../../../../worker/engine/graph/onnx.ts";
import { type HeldValues, holdValues } from "../../../../../../worker/engine/graph/prefix/held-values.ts";

const ort = loadOnnxRuntime("cpu");

const port = (name: string): OnnxPort => ({ name, type: "float32", shape: [1] });
const prefixOf = (input: string): OnnxGraph => ({
  nodes: [],
  exact: new Set(),
  initializers: [],
  inputs: [port(input)],
  outputs: [port(`held ${input}`)],
});

/** Prefixes of the inputs a and b, whose sessions note what becomes of them. */
async function opened(place: "host" | "device"): Promise<{ held: HeldValues; events: string[] }> {
  const events: string[] = [];
  const open = async ({ inputs: [{ name }] }: OnnxGraph): Promise<InferenceSession> =>
    ({
      run: async () => {
        events.push(`run ${name}`);
        return { [`held ${name}`]: { dispose: () => events.push(`dispose ${name}`) } as unknown as Tensor };
      },
      release: async () => events.push(`release ${name}`),
    }) as unknown as InferenceSession;
  const tensor = new ort.Tensor("float32", new Float32Array(1), [1]);
  const inputs = { a: tensor, b: tensor };
  return { held: await holdValues(ort, [prefixOf("a"), prefixOf("b")], { inputs, open, place }), events };
}

/** Takes what has happened since the last time. */
const taken = (events: string[]): string[] => events.splice(0);

test.each(["host", "device"] as const)(
  "on the %s a prefix runs once for all runs between two changes of its own inputs",
  async (place) => {
    const { held, events } = await opened(place);
    for (let shard = 0; shard < 4; shard++)
      expect(Object.keys(await held.current())).toEqual(["held a", "held b"]);
    expect(taken(events)).toEqual(["run a", "run b"]);
    held.refresh(new Set(["b", "others"]));
    await held.current();
    await held.current();
    expect(taken(events).filter((event) => event.startsWith("run"))).toEqual(["run b"]);
    held.refresh();
    await held.current();
    expect(taken(events).filter((event) => event.startsWith("run"))).toEqual(["run a", "run b"]);
  },
);

test("on a device the old values are disposed when their inputs have changed, and the last ones in the end", async () => {
  const { held, events } = await opened("device");
  await held.current();
  held.refresh(new Set(["a"]));
  expect(taken(events)).toEqual(["run a", "run b", "dispose a"]);
  await held.dispose();
  expect(taken(events)).toEqual(["release a", "dispose b", "release b"]);
});

test("a prefix that failed runs again", async () => {
  let runs = 0;
  const open = async (): Promise<InferenceSession> =>
    ({
      run: async () => {
        if (++runs === 1) throw new Error("no memory");
        return {};
      },
    }) as unknown as InferenceSession;
  const inputs = { a: new ort.Tensor("float32", new Float32Array(1), [1]) };
  const held = await holdValues(ort, [prefixOf("a")], { inputs, open, place: "host" });
  await expect(held.current()).rejects.toThrow("no memory");
  await held.current();
  expect(runs).toBe(2);
});
