// The flags of a run, as a cluster file gives them.
import { expect, test } from "vitest";
import { mistakesInFlags } from "../../../../../deploy/launch/cluster-file/run-flags.ts";

test("takes the coordinator's flags, in either spelling", () => {
  expect(
    mistakesInFlags({ preset: "mnist", steps: 5, learningRate: 0.1, "warm-up": 3, dashboard: "off" }),
  ).toEqual([]);
});

test.each<[what: string, run: Parameters<typeof mistakesInFlags>[0], says: string]>([
  ["a flag that is mistyped", { presett: "digits" }, 'run: there is no flag "presett" (did you mean preset?)'],
  ["a value that the flag refuses", { steps: 0 }, "run.steps is 0: give a whole number from 1"],
  ["a flag without its value", { preset: true }, "run.preset is true: write what --preset <name> is to be"],
  ["a value that only switches off", { dashboard: false }, "run.dashboard is false: write what --dashboard <"],
  ["where it listens", { listen: "0.0.0.0:1" }, "run.listen: write it as coordinator: { listen: … }"],
  ["what belongs to hosts", { threads: 2 }, "run.threads: write threads at each host"],
  ["what the launcher is told", { quiet: true }, "run.quiet: write it behind the command"],
])("refuses %s", (_what, run, says) => {
  expect(mistakesInFlags(run)).toEqual([expect.stringContaining(says)]);
}); // prettier-ignore

test("tells every mistake", () => {
  expect(mistakesInFlags({ steps: 0, batch: "many" })).toHaveLength(2);
});
