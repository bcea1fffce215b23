// `npm start` builds and trains, and passes its flags on.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const SOURCES = [
  "coordinator",
  "worker",
  "shared",
  "deploy",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "vite.config.ts",
];

// In a copy of the sources: the build would replace the files under dist that other tests are running.
test("npm start -- FLAGS builds, trains with these flags and ends with done", async () => {
  const folder = await temporaryFolder();
  for (const name of SOURCES) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));

  const flags = ["--steps", "2", "--batch", "8", "--shard", "4", "--dashboard", "off", "--json"];
  const npm = spawn("npm", ["start", "--", ...flags], {
    cwd: folder,
    shell: process.platform === "win32", // there it is npm.cmd
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    if (npm.exitCode === null && npm.pid !== undefined) process.kill(-npm.pid, "SIGKILL"); // npm and what it started
  });
  const [stdout, stderr] = await Promise.all([text(npm.stdout), text(npm.stderr), once(npm, "close")]);
  expect(npm.exitCode, stderr).toBe(0);
  const lines = stdout.trim().split("\n");
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({
    event: "done",
    steps: 2,
    images: 16, // 2 steps of 8
    run: expect.stringContaining(join("runs", "00001-digits-strokes")),
  });
});
