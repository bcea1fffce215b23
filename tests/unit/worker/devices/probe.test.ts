// Probes in processes of their own; the real one, and entries that misbehave.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { probeCheck } from "../../../../deploy/nodes/probe-work.ts";
import { type ProbeWork, probe } from "../../../../worker/devices/probe.ts";
import { temporaryFolder } from "../../../support/cli.ts";

const GRAPH = { engine: "graph", device: "cpu" } as const;
let check: ProbeWork["check"];

beforeAll(async () => {
  check = await probeCheck();
});

describe("an engine that works", () => {
  test("computes the gradients of a tiny GAN, and says what it is", async () => {
    const result = await probe(GRAPH, { check });
    expect(result).toMatchObject({ kind: "works", choice: GRAPH, device: "cpu", imagesPerSecond: null });
    for (const array of Object.values(check.expected)) expect(array.some((value) => value !== 0)).toBe(true);
  });

  test("is timed where a step is given", async () => {
    const result = await probe(GRAPH, { check, speed: { program: check.program, images: 4 } });
    expect(result).toMatchObject({ kind: "works", imagesPerSecond: expect.any(Number) });
  });
});

describe("an engine that does not work is a result, not an error:", () => {
  test("one that computes something else", async () => {
    const [name] = Object.keys(check.expected);
    const doubled = { ...check.expected, [name]: check.expected[name].map((value) => value * 2) };
    const result = await probe(GRAPH, { check: { ...check, expected: doubled } });
    expect(result).toMatchObject({
      kind: "fails",
      cause: expect.stringMatching(`${name} is wrong: off by 0\\.5`),
    });
  });

  test("one that throws", async () => {
    const result = await probe(GRAPH, { check: { ...check, program: new Uint8Array(3) } });
    expect(result).toMatchObject({ kind: "fails", cause: expect.stringMatching(/not a program/) });
  });

  test("one that crashes, with its last words", async () => {
    const entry = await entryOf(
      `process.stderr.write("stack smashed", () => process.kill(process.pid, "SIGABRT"));`,
    );
    const result = await probe(GRAPH, { check }, { entry });
    expect(result).toMatchObject({
      kind: "fails",
      cause: expect.stringMatching(/crashed \(SIGABRT\).*stack smashed/),
    });
  });

  test("one that hangs", async () => {
    const entry = await entryOf("setInterval(() => undefined, 1000);");
    const result = await probe(GRAPH, { check }, { entry, timeoutMs: 300 });
    expect(result).toMatchObject({
      kind: "fails",
      cause: expect.stringMatching(/no gradient within 0\.3 s/),
    });
  });
});

async function entryOf(code: string): Promise<string> {
  const file = join(await temporaryFolder(), "entry.mjs");
  await writeFile(file, code);
  return file;
}
