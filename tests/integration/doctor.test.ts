// `ganglion doctor` on this machine: every engine and device with a finding.
import { expect, test } from "vitest";
import { runCli, temporaryFolder } from "../support/cli.ts";

interface Finding {
  readonly engine: string;
  readonly device: string;
  readonly works: boolean;
  readonly imagesPerSecond?: number;
  readonly cause?: string;
}

test("doctor tries everything, finds the CPU engines working, and names the command that mends what is missing", async () => {
  const environment = { GANGLION_TENSORFLOW: await temporaryFolder() }; // empty: not provisioned
  const { code, events, stderr } = await runCli(["doctor", "--json"], environment);
  expect([code, stderr]).toEqual([0, ""]);
  const [report] = events;
  const engines = report["engines"] as Finding[];
  const found = (engine: string, device: string): Finding =>
    engines.find((finding) => finding.engine === engine && finding.device === device)!;
  expect(found("graph", "cpu")).toMatchObject({ works: true, imagesPerSecond: expect.any(Number) });
  expect(found("reference", "cpu")).toMatchObject({ works: true });
  expect(found("tensorflow", "cpu").cause).toMatch(/run ganglion setup tensorflow$/);
  for (const { works, cause } of engines) expect(works || cause!.length > 10).toBe(true);
  expect(
    engines.find(({ engine, device }) => engine === "graph" && device === "cpu")!.imagesPerSecond!,
  ).toBeGreaterThan(found("reference", "cpu").imagesPerSecond!);
  expect(report).toMatchObject({ event: "doctor", best: { engine: "graph" }, node: process.versions.node });
});
