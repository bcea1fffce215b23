// Evaluations in real processes: the same numbers wherever their features are computed, and whatever happens to the nodes.
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type JsonEvent, runCli, startCli, temporaryFolder } from "../support/cli.ts";

const SMALL = "--preset digits --filters 4 --batch 32 --shard 8 --seed 7 --evaluate-images 300".split(" ");
/** More images than a piece has, and no whole number of pieces. */
const TERMS = { extractor: "seed-cnn", resizer: "none", images: 300, seed: 7 };

test("one thread, three processes of which one is killed, and ganglion evaluate find the same numbers", async () => {
  const [alone, killed] = [await temporaryFolder(), await temporaryFolder()];
  const steps = ["--steps", "4", "--evaluate-every", "2"];
  const train = [
    "train",
    "--json",
    "--dashboard",
    "off",
    "--workers",
    "1",
    "--keep",
    "all",
    "--checkpoint-every",
    "2",
  ];
  const plain = await runCli([...train, ...SMALL, ...steps, "--out", alone], {
    GANGLION_CACHE: await temporaryFolder(),
  });
  expect(plain.stderr).toBe("");
  const expected = evaluationsOf(plain.events);
  expect(expected.map(({ step }) => step)).toEqual([2, 4]);
  expect(expected[0]).toMatchObject(TERMS);
  expect(expected[0].metrics).not.toEqual(expected[1].metrics);

  const cache = { GANGLION_CACHE: await temporaryFolder() };
  const coordinator = startCli(
    [
      "coordinator",
      "--json",
      "--dashboard",
      "off",
      "--listen",
      "127.0.0.1:0",
      ...SMALL,
      ...steps,
      "--out",
      killed,
    ],
    cache,
  );
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const [one] = ["one", "two", "three"].map((node) =>
    startCli(
      ["worker", "--join", String(address), "--node", node, "--threads", node === "two" ? "2" : "1"],
      cache,
    ),
  );
  await coordinator.event(({ event, step }) => event === "step" && step === 2);
  one.process.kill("SIGKILL"); // what it has of the evaluation that begins, others compute
  const { code, events } = await coordinator.finished;
  expect(code).toBe(0);
  expect(evaluationsOf(events)).toEqual(expected);

  const evaluated = await runCli(
    ["evaluate", "1", "--all", "--json", "--threads", "2", "--out", alone],
    cache,
  );
  expect(evaluated.code, evaluated.stderr).toBe(0);
  expect(evaluationsOf(evaluated.events)).toEqual(expected);
});

test("a run that is never evaluated gives the same weights as one that is", async () => {
  const train = ["train", "--json", "--dashboard", "off", ...SMALL, "--steps", "3"];
  const [without, measured] = await Promise.all([
    runCli([...train, "--out", await temporaryFolder()]),
    runCli([...train, "--evaluate-every", "1", "--out", await temporaryFolder()]),
  ]);
  expect(evaluationsOf(without.events)).toEqual([]);
  expect(evaluationsOf(measured.events)).toHaveLength(3);
  expect(measured.events.at(-1)!["weightsHash"]).toBe(without.events.at(-1)!["weightsHash"]);
});

test("evaluate prints a table on its terms, and keeps the reference for the next time", async () => {
  const [out, cache] = [await temporaryFolder(), await temporaryFolder()];
  const environment = { GANGLION_CACHE: cache };
  await runCli(
    ["train", "--quiet", "--dashboard", "off", ...SMALL, "--steps", "2", "--out", out],
    environment,
  );
  const evaluate = ["evaluate", join(out, "00001-digits-strokes"), "--count", "200", "--seed", "3"];
  const first = await runCli(evaluate, environment);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/200 images against 200 real ones, extractor seed-cnn, resized: none, seed 3/);
  expect(first.stdout).toMatch(/^ *step +FID +KID +precision +recall +density +coverage +MIND/m);
  expect(first.stdout).toMatch(/^ *floor +\d+\.\d\d /m);
  const kept = await readdir(join(cache, "evaluation"));
  expect(kept).toHaveLength(1);
  const again = await runCli(evaluate, environment);
  expect(tableOf(again.stdout)).toBe(tableOf(first.stdout));
  expect(await readdir(join(cache, "evaluation"))).toEqual(kept);

  await writeFile(join(cache, "evaluation", kept[0]), "damaged");
  const mended = await runCli(evaluate, environment);
  expect(mended.stdout).toMatch(/the reference is made again/);
  expect(tableOf(mended.stdout)).toBe(tableOf(first.stdout));
  await rm(join(cache, "evaluation"), { recursive: true });
});

test("a mistake ends evaluate with its remedy", async () => {
  const out = await temporaryFolder();
  await runCli(["train", "--quiet", "--dashboard", "off", ...SMALL, "--steps", "1", "--out", out]);
  const failing = async (...flags: string[]): Promise<string> => {
    const { code, stderr } = await runCli(["evaluate", "1", "--out", out, ...flags]);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await failing("--extractor", "seed-ccn")).toMatch(
    /no extractor "seed-ccn": did you mean seed-cnn\?/,
  );
  expect(await failing("--extractor", "none.onnx")).toMatch(/none\.onnx cannot be read/);
});

function evaluationsOf(events: readonly JsonEvent[]): { step: number; metrics: unknown }[] {
  return events
    .filter(({ event }) => event === "evaluation")
    .map(({ step, metrics, extractor, resizer, images, seed, floor }) => ({
      step: Number(step),
      metrics,
      extractor,
      resizer,
      images,
      seed,
      floor,
    }));
}

/** From its first line on. */
function tableOf(stdout: string): string {
  return stdout.slice(stdout.indexOf("images against"));
}
