// The READMEs' examples are run as they stand there, and the flags and fields they name exist.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../shared/config/config.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const read = (file: string): Promise<string> => readFile(join(ROOT, file), "utf8");

/** The fenced blocks of a language, in order. */
async function blocks(file: string, language: string): Promise<string[]> {
  return [...(await read(file)).matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , body]) => body);
}

test("the example of a model module trains, and reports the metric that its losses add", async () => {
  const [module] = await blocks("README.md", "js");
  const file = join(await temporaryFolder(), "my-gan.js");
  await writeFile(join(file, "../package.json"), '{"type":"module"}');
  await writeFile(file, module);
  const out = await temporaryFolder();
  const small = ["--model", file, "--steps", "2", "--batch", "8", "--shard", "4"];
  const done = await trainJson([...small, "--out", out]);
  const stats = await readFile(join(String(done["run"]), "stats.jsonl"), "utf8");
  const first = JSON.parse(stats.split("\n")[0]) as Readonly<Record<string, number>>;
  expect(first["r1"]).toBeGreaterThan(0);
});

test("the example of a config file is one", async () => {
  const [json] = await blocks("README.md", "json");
  const config = { ...findPreset("digits").config, ...(JSON.parse(json) as object) };
  expect(parseConfig(config).schedule).toEqual({ kind: "alternating", discriminatorRounds: 2 });
});

describe("the examples of cluster files are valid", () => {
  test.each(["README.md", "deploy/README.md"])("in %s", async (readme) => {
    const [yaml] = await blocks(readme, "yaml");
    const file = join(await temporaryFolder(), "cluster.yaml");
    await writeFile(file, yaml);
    const { code, stdout, stderr } = await runCli(["launch", file, "--dry-run"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^coordinator: /m);
  });
});

test("every flag that the READMEs name is some command's", async () => {
  const commands = ["train", "coordinator", "worker", "launch", "scale", "status", "fetch", "data", "runs", "dashboard", "generate", "evaluate", "export", "init", "doctor", "bench", "setup tensorflow", "setup cuda"]; // prettier-ignore
  const helps = await Promise.all([
    ...commands.map((command) => runCli([...command.split(" "), "--help"])),
    promisify(execFile)("npm", ["run", "--silent", "bench:scale", "--", "--help"], { cwd: ROOT }),
  ]);
  const known = new Set(helps.flatMap(({ stdout }) => stdout.match(/--[a-z][a-z-]*/g) ?? []));
  const text = `${await read("README.md")}\n${await read("deploy/README.md")}`;
  const code = [...text.matchAll(/^```[^]*?^```$|`[^`\n]+`/gm)].map(([block]) => block);
  const ofOthers = new Set(["--ntasks", "--gres", "--scale", "--ignore-scripts"]); // Slurm's, compose's and npm's
  const named = new Set(code.flatMap((block) => block.match(/--[a-z][a-z-]*/g) ?? []));
  expect([...named].filter((flag) => !known.has(flag) && !ofOthers.has(flag))).toEqual([]);
});

test("every event that a run sends has its row, and every field of a step", async () => {
  const readme = await read("README.md");
  const out = await temporaryFolder();
  const flags = ["train", "--json", "--dashboard", "off", "--steps", "2", "--batch", "8", "--shard", "4"];
  const { events } = await runCli([...flags, "--out", out]);
  const sent = new Set(events.map(({ event }) => event));
  for (const name of ["done", "listening", "dashboard"]) sent.delete(name); // the command line's own
  for (const name of sent) expect(readme).toMatch(new RegExp(`^\\| \`${name}\` \\|`, "m"));
  const row = /^\| `step` \|.*$/m.exec(readme)![0];
  const { event: _event, id: _id, time: _time, ...step } = events.find(({ event }) => event === "step")!;
  for (const field of Object.keys(step)) expect(row).toContain(`\`${field}\``);
});
