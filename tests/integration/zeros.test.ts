// Nodes that answer with zeros in a real run: they are believed, and told of.
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

/** The warnings of a run of so many steps; those of these nodes that `computes` holds for answer rightly, others with zeros. */
async function warningsOf(
  steps: number,
  ids: readonly string[],
  computes: (id: string, step: number) => boolean,
): Promise<string[]> {
  const warnings: string[] = [];
  const { outcome } = await smallRun({
    config: smallConfig(steps),
    out: await temporaryFolder(),
    nodes(hub) {
      for (const id of ids) {
        startFakeNode({
          hub,
          id,
          onLease: (node, lease) =>
            node.answer(lease, (result) =>
              lease.work.kind !== "phase" || computes(id, lease.work.step) ? result : result.fill(0),
            ),
        });
      }
    },
    onEvent: (event) => void (event.type === "warning" && warnings.push(event.message)),
  });
  expect(outcome).toMatchObject({ state: "done", steps });
  return warnings;
}

test("a run of nothing but zeros says that no gradient reaches either network", async () => {
  const warnings = await warningsOf(12, ["a", "b"], () => false);
  expect(warnings.map((message) => message.split(":")[0]).sort()).toEqual([
    "no gradient reaches the discriminator",
    "no gradient reaches the generator",
  ]);
});

test("a node of zeros among others is named in each phase, and one that is only so for a while is not", async () => {
  const warnings = await warningsOf(40, ["broken", "well", "slow to start"], (id, step) =>
    id === "broken" ? false : id === "well" || step > 10,
  );
  const named = warnings.filter((message) => message.includes("nothing but zeros"));
  expect(named.map((message) => message.replace(/ in a row .*/, "")).sort()).toEqual([
    "node broken has answered 30 rounds of phase discriminator",
    "node broken has answered 30 rounds of phase generator",
  ]);
});
