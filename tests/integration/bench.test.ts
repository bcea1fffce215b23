// `ganglion bench` as a script runs it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { runCli, startCli, temporaryFolder } from "../support/cli.ts";

const SMALL = [
  "bench",
  "--preset",
  "digits",
  "--threads",
  "1",
  "--shard",
  "4",
  "--steps",
  "3",
  "--warm-up",
  "1",
];

test("the shares of a step add up to one, and computing is most of it", async () => {
  const { code, events } = await startCli([...SMALL, "--breakdown", "--json"]).finished;
  expect(code).toBe(0);
  const [result] = events as unknown as {
    readonly breakdown: Readonly<Record<string, number>>;
    readonly imagesPerSecond: number;
    readonly medianMs: number;
    readonly stepBytes: number;
    readonly growthBytes: number | null;
  }[];
  const shares = Object.values(result.breakdown);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
  expect(result.breakdown["compute"]).toBeGreaterThan(0);
  expect(result.imagesPerSecond).toBeCloseTo((4 / result.medianMs) * 1000, 6);
  expect(result.stepBytes).toBeGreaterThan(0);
  expect(result.growthBytes).toBeNull(); // too few steps to tell
}, 120_000);

test("measures a module of one's own on pictures of one's own", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "gan.js");
  await runCli(["init", model]);
  const cube = "0123456789ab".split("").map((name, i) => ({ name: `${name}.png`, shade: 20 * i }));
  for (const { name, shade } of cube) {
    const picture = sharp({
      create: { width: 20, height: 20, channels: 3, background: { r: shade, g: 9, b: 90 } },
    });
    await picture.png().toFile(join(folder, name));
  }
  const few = ["--threads", "1", "--shard", "4", "--steps", "3", "--warm-up", "1", "--breakdown", "--json"];
  const { code, events } = await runCli([
    "bench",
    "--model",
    model,
    "--data",
    folder,
    "--image-size",
    "12",
    ...few,
  ]);
  expect(code).toBe(0);
  expect(events).toEqual([expect.objectContaining({ model, data: folder, imageSize: [12, 12] })]);
  expect(events[0]["stepBytes"]).toBeGreaterThan(0);
}, 120_000);

test("PyTorch is not measured on what its script lacks", async () => {
  const own = ["bench", "--preset", "acgan", "--against", "pytorch", "--python", "/no/python3"];
  const { code, stderr } = await runCli(own);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("PyTorch's script has no networks that are given labels"),
  ]);
}, 60_000);

test("a model of the suite whose networks are others in PyTorch is not measured", async () => {
  const python = join(await temporaryFolder(), "python3");
  const facts = { parameters: { generator: 7 }, losses: {}, channelsLast: false };
  await writeFile(
    python,
    `#!${process.execPath}\nconsole.log(process.argv[2] === "-c" ? "9.9.9" : '${JSON.stringify(facts)}')\n`,
    { mode: 0o755 },
  );
  const { code, stdout } = await runCli(["bench", "--suite", "digits", "--threads", "1", "--python", python]);
  expect(code).toBe(1);
  expect(stdout).toContain("PyTorch 9.9.9");
  expect(stdout).toMatch(
    /digits: the two systems do not train the same networks: the generator has \d+ trained parameters, and PyTorch's has 7/,
  );
  expect(stdout).not.toContain("| digits |");
}, 60_000);

test("a Python without PyTorch is refused by name", async () => {
  const { code, stderr } = await startCli([...SMALL, "--against", "pytorch", "--python", "/no/python3"])
    .finished;
  expect(code).toBe(2);
  expect(stderr).toContain("/no/python3 cannot import torch");
}, 60_000);

test("refuses an engine that does not run on the device", async () => {
  const { code, stderr } = await startCli([...SMALL, "--engine", "reference", "--device", "cuda"]).finished;
  expect(stderr).toBe("ganglion: the reference engine does not run on cuda: give --device cpu\n");
  expect(code).toBe(2);
}, 60_000);
