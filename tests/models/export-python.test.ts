// What docs/export.md shows for Python, run: the generator in PyTorch draws the pictures that come with the weights.
import { execFile, execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";

const python = process.env["GANGLION_PYTHON"] ?? "python3";
const hasTorch = canImport("torch, safetensors");

test.skipIf(!hasTorch)("ten lines of PyTorch draw the pictures of an exported generator", async () => {
  const folder = await temporaryFolder();
  const { run } = await trainJson(["--preset", "digits", "--steps", "2", "--batch", "8", "--shard", "8", "--out", folder]); // prettier-ignore
  const file = join(folder, "generator.safetensors");
  expect(await runCli(["export", String(run), "--format", "safetensors", "--out", file])).toMatchObject({ code: 0 }); // prettier-ignore
  const page = await readFile(fileURLToPath(new URL("../../docs/export.md", import.meta.url)), "utf8");
  const [, code] = /```python\n(import sys[^]*?)```/.exec(page)!;
  await writeFile(join(folder, "draw.py"), code);
  const { stdout } = await promisify(execFile)(python, [join(folder, "draw.py"), file]);
  const { furthest } = JSON.parse(stdout) as { readonly furthest: number };
  expect(furthest).toBeLessThan(1 / 255);
});

function canImport(modules: string): boolean {
  try {
    execFileSync(python, ["-c", `import ${modules}`], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`The PyTorch lines of docs/export.md were NOT run: ${python} cannot import ${modules}. Remedy: pip install torch safetensors numpy, or name a Python that has them with GANGLION_PYTHON`); // prettier-ignore
    return false;
  }
}
