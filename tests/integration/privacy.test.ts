// A run keeps to itself: nothing is written outside its folder, no library identifies the user.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));

test("a run whose cache is elsewhere leaves nothing in the home folder: ONNX Runtime's usage reports are off", async () => {
  const home = await mkdtemp(join(tmpdir(), "ganglion-home-"));
  const out = await mkdtemp(join(tmpdir(), "ganglion-runs-"));
  try {
    const flags = ["train", "--steps", "1", "--batch", "2", "--dashboard", "off", "--out", out, "--quiet"];
    const env = {
      ...process.env,
      HOME: home,
      XDG_CACHE_HOME: join(home, ".cache"),
      TMPDIR: home,
      GANGLION_CACHE: join(out, "cache"),
    };
    delete (env as NodeJS.ProcessEnv)["ORT_DISABLE_TELEMETRY"];
    delete (env as NodeJS.ProcessEnv)["CI"]; // ONNX Runtime reports nothing in CI anyway, which would hide a failure
    await promisify(execFile)(process.execPath, [CLI, ...flags], { env });
    expect(await readdir(home)).toEqual([]);
  } finally {
    await rm(home, { recursive: true });
    await rm(out, { recursive: true });
  }
});
