// --tensorboard: TensorBoard's own reader finds a run's numbers and grids, also after a resume.
import { execFile, execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";

const python = process.env["GANGLION_PYTHON"] ?? "python3";

/** Steps and values of each scalar, and steps, sizes and bytes of each picture. */
const READER = `
import base64, json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
events.Reload()
tags = events.Tags()
print(json.dumps({
  "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]},
  "images": {tag: [[e.step, e.width, e.height, base64.b64encode(e.encoded_image_string).decode()] for e in events.Images(tag)] for tag in tags["images"]},
}))
`;

test.skipIf(!canImport())("TensorBoard reads what a run and its resume have written", async () => {
  const out = await temporaryFolder();
  const flags = ["--preset", "digits", "--batch", "8", "--shard", "8", "--tensorboard", "--out", out];
  const cadence = ["--sample-every", "2", "--checkpoint-every", "2"];
  const { run } = await trainJson([...flags, ...cadence, "--steps", "4"]);
  const resumed = ["train", "--resume", String(run), "--steps", "6", "--tensorboard", "--dashboard", "off"];
  expect(await runCli([...resumed, "--json"])).toMatchObject({ code: 0 });
  const { stdout } = await promisify(execFile)(python, ["-c", READER, join(String(run), "tensorboard")], { maxBuffer: 64 << 20 }); // prettier-ignore
  const { scalars, images } = JSON.parse(stdout) as {
    readonly scalars: Readonly<Record<string, readonly (readonly [number, number])[]>>;
    readonly images: Readonly<Record<string, readonly (readonly [number, number, number, string])[]>>;
  };
  const text = await readFile(join(String(run), "stats.jsonl"), "utf8");
  const lines = text.trim().split("\n").map((line) => JSON.parse(line) as Record<string, number>); // prettier-ignore
  for (const name of Object.keys(lines[0]).filter((key) => key !== "step"))
    expect([name, scalars[name]]).toEqual([name, lines.filter((line) => name in line).map((line) => [line["step"], Math.fround(line[name])])]); // prettier-ignore
  expect(images["samples"].map(([step]) => step)).toEqual([2, 4, 6]);
  const png = await readFile(join(String(run), "samples", "000006.png"));
  expect(images["samples"][2].slice(1)).toEqual([png.readUInt32BE(16), png.readUInt32BE(20), png.toString("base64")]); // prettier-ignore
});

function canImport(): boolean {
  try {
    execFileSync(python, ["-c", "import tensorboard"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`Event files were NOT read by TensorBoard: ${python} cannot import tensorboard. Remedy: pip install tensorboard, or name a Python that has it with GANGLION_PYTHON; their bytes are compared with those that it has read`); // prettier-ignore
    return false;
  }
}
