// Whether threads fit is said before they start.
import { expect, test } from "vitest";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { memoryWarning } from "../../../../worker/memory/memory-warning.ts";
import { threadMemory } from "../../../../worker/memory/thread-memory.ts";
import { smallConfig } from "../../../support/small-run.ts";

const CHOICE = { engine: "graph", device: "cpu" } as const;

async function smallRun() {
  const compiled = await compileRun(smallConfig(3), { imageShape: [2, 2, 1], classes: 0 });
  return { plan: { ...compiled, weights: compiled.layout, phases: [...compiled.phases], extractor: null }, programs: compiled.programs }; // prettier-ignore
}

test("a node warns where its threads need more than is free, and says what to change", async () => {
  const { plan, programs } = await smallRun();
  const { kept } = threadMemory(plan, programs);
  const warning = memoryWarning(plan, programs, { choice: CHOICE, threads: 4, free: 4 * kept - 1 });
  expect(warning).toMatch(/^the 4 threads need about 0\.\d+ GB, and 0\.\d+ GB are free here: .* --shard \(now 2\), or the node fewer --threads$/); // prettier-ignore
  expect(memoryWarning(plan, programs, { choice: CHOICE, threads: 4, free: 5 * kept })).toBeNull();
});

test("a thread keeps the memory of phases, and of drawing only where images are measured", async () => {
  const { plan, programs } = await smallRun();
  const kept = (extractor: object | null): readonly string[] =>
    [...threadMemory({ ...plan, extractor }, programs).programs].filter(([, { isOccasional }]) => !isOccasional).map(([hash]) => hash); // prettier-ignore
  const phases = plan.phases.map(({ program }) => program);
  expect(kept(null).toSorted()).toEqual([...new Set(phases)].toSorted());
  expect(kept({})).toContain(plan.generate!.program);
  expect(kept({})).not.toContain(plan.probe!.program);
});
