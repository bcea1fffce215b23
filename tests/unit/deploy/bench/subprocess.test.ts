// A measurement in a process of its own: what becomes of it when that process dies.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { temporaryFolder } from "../../../support/cli.ts";

const work = { preset: "digits", threads: 1, shard: 4, steps: 3, warmUp: 1 };
const choice = { engine: "graph", device: "cpu" } as const;
const SUBPROCESS = fileURLToPath(new URL("../../../../dist/deploy/bench/subprocess.js", import.meta.url));
const { measureInSubprocess } = (await import(
  SUBPROCESS
)) as typeof import("../../../../deploy/bench/subprocess.ts"); // beside a cli.js

test("measures", async () => {
  const { imagesPerSecond, medianMs } = await measureInSubprocess(choice, work);
  expect(imagesPerSecond).toBeCloseTo((4 / medianMs) * 1000, 6);
});

test("a native crash is told with its signal and the command to try, and a refusal with its sentence", async () => {
  const crash = join(await temporaryFolder(), "crash.cjs");
  await writeFile(crash, 'console.error("I0000 hello"); process.kill(process.pid, "SIGSEGV");');
  vi.stubEnv("NODE_OPTIONS", `--require ${crash}`);
  const crashed = measureInSubprocess(choice, work);
  vi.unstubAllEnvs();
  await expect(crashed).rejects.toMatchObject({
    code: "ENGINE",
    message: expect.stringMatching(
      /ended by SIGSEGV, without a word: try it alone, `ganglion bench --engine graph /,
    ),
  });
  await expect(measureInSubprocess(choice, { ...work, preset: "none" })).rejects.toMatchObject({
    code: "ENGINE",
    message: expect.stringMatching(
      /ended with 2, saying "there is no preset "none"|ended with 2, saying ".*none/,
    ),
  });
});
