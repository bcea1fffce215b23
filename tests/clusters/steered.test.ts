// A cluster over WebSockets whose run is steered: nodes stay through a pause, and join again after a change of course.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Running, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";

const SMALL = ["--preset", "digits", "--batch", "8", "--shard", "2", "--seed", "3"];

interface Cluster {
  readonly coordinator: Running;
  readonly nodes: readonly Running[];
  readonly control: (...words: readonly string[]) => ReturnType<typeof runCli>;
}

async function start(out: string, steps: number): Promise<Cluster> {
  const coordinator = startCli(["coordinator", "--json", "--dashboard", "off", "--listen", "127.0.0.1:0", ...SMALL, "--steps", String(steps), "--out", out]); // prettier-ignore
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const nodes = ["a", "b"].map((node) => startCli(["worker", "--join", String(address), "--node", node]));
  await coordinator.event(({ event, step }) => event === "step" && Number(step) >= 3);
  return { coordinator, nodes, control: (...words) => runCli(["control", "1", ...words, "--out", out]) };
}

test("a paused cluster keeps its nodes, commits nothing, and goes on to the weights of an undisturbed run", async () => {
  const expected = await trainJson([
    ...SMALL,
    "--steps",
    "600",
    "--workers",
    "1",
    "--out",
    await temporaryFolder(),
  ]);
  const { coordinator, nodes, control } = await start(await temporaryFolder(), 600);
  expect((await control("pause")).code).toBe(0);
  await coordinator.event(({ event, state }) => event === "run" && state === "paused");
  expect((await control("sample")).code).toBe(0);
  expect((await control("checkpoint")).code).toBe(0);
  expect((await control("resume")).code).toBe(0);
  const { events } = await coordinator.finished;
  expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: expected["weightsHash"] });
  const from = events.findIndex(({ event, state }) => event === "run" && state === "paused");
  const to = events.findIndex(({ event, state }, i) => i > from && event === "run" && state === "training");
  const meanwhile = events.slice(from, to);
  expect(meanwhile.filter(({ event }) => event === "step")).toEqual([]);
  expect(meanwhile.filter(({ event }) => event === "checkpoint")).toHaveLength(1);
  const counts = meanwhile.flatMap(({ event, nodes: views }) => (event === "workers" ? [(views as unknown[]).length] : [])); // prettier-ignore
  expect(counts.filter((count) => count < 2)).toEqual([]);
  for (const node of nodes) expect((await node.finished).code).toBe(0);
});

test("a cluster takes another course and goes back, and one process replays it to the same weights", async () => {
  const out = await temporaryFolder();
  const { coordinator, control } = await start(out, 100_000);
  expect((await control("pause")).code).toBe(0); // so that its steps wait for this test
  expect((await control("checkpoint")).code).toBe(0);
  const { events: looked } = await control("--json");
  const at = Number(looked[0]["step"]);
  expect((await control("set", "generator-learning-rate=0.001")).code).toBe(0);
  expect((await control("train-only", "generator", "--for", "4")).code).toBe(0);
  expect((await control("resume")).code).toBe(0);
  await coordinator.event(({ event, step }) => event === "step" && Number(step) >= at + 6);
  const back = await control("rollback", String(at), "batch=4", `steps=${at + 20}`);
  expect([back.stderr, back.code]).toEqual(["", 0]);
  expect(back.stdout).toContain(`back at step ${at}`);
  const { events } = await coordinator.finished;
  const done = events.at(-1)!;
  expect(done).toMatchObject({ event: "done", steps: at + 20 });
  const config = join(String(done["run"]), "config.json");
  const { history } = JSON.parse(await readFile(config, "utf8")) as { history: { step: number }[] };
  expect(history.map(({ step }) => step)).toEqual([at, at + 4]); // at that step it was trained alone, too
  const again = await trainJson(["--workers", "1", "--config", config, "--out", await temporaryFolder()]);
  expect(again["weightsHash"]).toBe(done["weightsHash"]);
});
