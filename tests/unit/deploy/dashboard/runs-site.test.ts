// `ganglion dashboard`: runs from their files alone: finished, killed, going on in another process, damaged.
import { createHash } from "node:crypto";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  runAnswer,
  runsAnswer,
  samplesAnswer,
  seriesAnswer,
  seriesDataAnswer,
  warningsAnswer,
} from "../../../../coordinator/dashboard/api/schemas.ts";
import { startDashboard } from "../../../../coordinator/dashboard/server.ts";
import type { Site } from "../../../../coordinator/dashboard/site.ts";
import { acquireLock } from "../../../../coordinator/records/run-lock.ts";
import { type RunPaths, runPaths } from "../../../../coordinator/records/run-paths.ts";
import { siteOfFolder } from "../../../../deploy/dashboard/run-site.ts";
import { RunsSite } from "../../../../deploy/dashboard/runs-site.ts";
import { encodeStatusRecord, newStatusRecord } from "../../../../shared/status-record.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { Listener } from "../../coordinator/dashboard/support.ts";

test("lists the runs of a folder, with what differs between their configs", async () => {
  const out = await temporaryFolder();
  await writeRun(out, "00001-a", { state: "done", batch: 64 });
  await writeRun(out, "00002-b", { batch: 128 });
  await mkdir(join(out, "notes"));
  const url = await serve(new RunsSite(out));
  const { runs, fields } = runsAnswer.strict().parse(await json(`${url}/api/runs`));
  expect(runs.map(({ run, state, url: page }) => [run, state, page])).toEqual([
    ["00002-b", "gone", "/runs/00002-b/"],
    ["00001-a", "done", "/runs/00001-a/"],
  ]);
  expect(fields).toEqual({ batch: ["128", "64"] });
  expect(runs[0]).toMatchObject({
    step: 20,
    steps: 100,
    differs: ["batch 128"],
    metrics: { "loss/generator": 2 },
  });
  const answer = await fetch(`${url}/`, { headers: { accept: "text/html" } });
  const page = await answer.text();
  expect(page).toContain('<a href="/runs/00001-a/">00001-a</a>');
  const style = createHash("sha256")
    .update(/<style>([^]*)<\/style>/.exec(page)![1])
    .digest("base64");
  expect(answer.headers.get("content-security-policy")).toContain(`style-src 'sha256-${style}'`);
});

test("a run's path without its slash leads to the run, and another leads nowhere", async () => {
  const out = await temporaryFolder();
  await writeRun(out, "00001-a", {});
  const url = await serve(new RunsSite(out));
  const found = async (path: string): Promise<unknown[]> => {
    const { status, headers } = await fetch(url + path, { redirect: "manual" });
    return [status, headers.get("location")];
  };
  expect(await found("/runs/00001-a")).toEqual([308, "/runs/00001-a/"]);
  expect(await found("/runs/00002-b")).toEqual([404, null]);
});

test("says that there are none, and escapes what names hold", async () => {
  const out = await temporaryFolder();
  const url = await serve(new RunsSite(out));
  expect(await (await fetch(url)).text()).toContain("There are none yet");
  expect(await json(`${url}/api/runs`)).toMatchObject({ runs: [] });
  await writeRun(out, "<b>&", {});
  const other = await serve(new RunsSite(out));
  expect(await (await fetch(other)).text()).toContain("&lt;b&gt;&amp;</a>");
  expect(await json(`${other}/runs/%3Cb%3E%26/api/run`)).toMatchObject({ run: "<b>&" });
});

describe("a run", () => {
  test("that ended has the routes of a live one, from its files", async () => {
    const out = await temporaryFolder();
    await writeRun(out, "00001-a", { state: "done" });
    const base = `${await serve(new RunsSite(out))}/runs/00001-a`;
    const run = runAnswer.strict().parse(await json(`${base}/api/run`));
    expect(run).toMatchObject({ run: "00001-a", state: "done", steps: 100, batch: 64, preset: "digits" });
    const { names } = seriesAnswer.strict().parse(await json(`${base}/api/series`));
    expect(names.map(({ name, count }) => [name, count])).toContainEqual(["loss/generator", 20]);
    const data = seriesDataAnswer.parse(await json(`${base}/api/series/data?names=loss/generator`));
    expect(data.series["loss/generator"].last[9]).toBe(1);
    const { samples } = samplesAnswer.strict().parse(await json(`${base}/api/samples`));
    expect(samples).toEqual([
      {
        step: 10,
        url: "/runs/00001-a/samples/000010.png",
        thumb: "/runs/00001-a/samples/thumbs/000010.webp",
      },
    ]);
    expect((await fetch(new URL(samples[0].url, base))).status).toBe(200);
    const { warnings } = warningsAnswer.strict().parse(await json(`${base}/api/warnings`));
    expect(warnings).toEqual([
      { code: "COLLAPSE", message: "images are alike", firstStep: 4, lastStep: 20, times: 3 },
    ]);
    expect(await (await fetch(`${base}/metrics`)).text()).toContain("\nganglion_step 20\n");
  });

  test("tells its socket what its files say", async () => {
    const out = await temporaryFolder();
    await writeRun(out, "00001-a", { state: "done" });
    const base = `${await serve(new RunsSite(out))}/runs/00001-a`;
    const client = new Listener(base);
    await client.until(24);
    const types = client.heard.map(({ type }) => type);
    expect(types.filter((type) => type === "step")).toHaveLength(20);
    const samples = client.heard.find(({ type }) => type === "samples");
    expect(samples).toMatchObject({ url: "/runs/00001-a/samples/000010.png" });
    for (const type of ["run", "workers", "samples", "warning"]) expect(types).toContain(type);
    client.socket.close();
  });

  test("that was killed has failed, and says so", async () => {
    const out = await temporaryFolder();
    await writeRun(out, "00001-a", { state: "training" });
    const base = `${await serve(new RunsSite(out))}/runs/00001-a`;
    expect(await json(`${base}/api/run`)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("it was killed, or its machine went down"),
    });
  });

  test("that another process trains is followed, and nothing is written into its folder", async () => {
    const out = await temporaryFolder();
    const paths = await writeRun(out, "00001-a", {});
    const lock = await acquireLock(paths.path);
    onTestFinished(() => lock.release());
    await writeStatus(paths, "training");
    const base = `${await serve(new RunsSite(out))}/runs/00001-a`;
    expect(await json(`${base}/api/run`)).toMatchObject({ state: "training" });
    const client = new Listener(base);
    await client.until(20);
    await appendFile(paths.statsFile, lineOf(21) + lineOf(22).slice(0, 10));
    await expect.poll(() => client.heard.some((event) => event.type === "step" && event.step === 21), { timeout: 20_000 }).toBe(true); // prettier-ignore
    await writeStatus(paths, "done");
    await expect.poll(() => client.heard.some((event) => event.type === "run" && event.state === "done"), { timeout: 20_000 }).toBe(true); // prettier-ignore
    client.socket.close();
    const data = seriesDataAnswer.parse(await json(`${base}/api/series/data?names=loss/generator`));
    expect(data.series["loss/generator"].steps.at(-1)).toBe(21);
  });

  test.each([
    ["config.json", (paths: RunPaths) => writeFile(paths.configFile, "rubbish")],
    ["stats.jsonl", (paths: RunPaths) => writeFile(paths.statsFile, `rubbish\n${lineOf(5)}{"step":`)],
    ["status.json", (paths: RunPaths) => writeFile(paths.statusFile, "{")],
    ["run.json", (paths: RunPaths) => writeFile(paths.runFile, "[]")],
    ["stats.jsonl, a folder", async (paths: RunPaths) => {
      await rm(paths.statsFile);
      await mkdir(paths.statsFile);
    }],
    ["checkpoints/", (paths: RunPaths) => writeFile(join(paths.checkpoints, "000010.safetensors"), "rubbish")],
  ])("whose %s is damaged is shown as far as it can be", async (_what, spoil) => {
    const out = await temporaryFolder();
    await spoil(await writeRun(out, "00001-a", { state: "done" }));
    await writeRun(out, "00002-b", { state: "done" });
    const url = await serve(new RunsSite(out));
    const { runs } = runsAnswer.strict().parse(await json(`${url}/api/runs`));
    expect(runs.map(({ run }) => run)).toEqual(["00002-b", "00001-a"]);
    const base = `${url}/runs/00001-a`;
    expect(runAnswer.strict().parse(await json(`${base}/api/run`)).run).toBe("00001-a");
    for (const route of ["samples", "series", "series/data?names=loss/generator", "warnings"])
      expect((await fetch(`${base}/api/${route}`)).status).toBe(200);
  }); // prettier-ignore

  test("with lines in its stats that are none says so as a warning", async () => {
    const out = await temporaryFolder();
    const paths = await writeRun(out, "00001-a", { state: "done" });
    await appendFile(paths.statsFile, "rubbish\n");
    const base = `${await serve(new RunsSite(out))}/runs/00001-a`;
    const { warnings } = warningsAnswer.parse(await json(`${base}/api/warnings`));
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("has 1 lines that are no JSON objects"),
    );
  });

  test("alone is at the root", async () => {
    const out = await temporaryFolder();
    const url = await serve(await siteOfFolder(await writeRun(out, "00001-a", { state: "done" })));
    expect(await json(`${url}/api/run`)).toMatchObject({ run: "00001-a", state: "done" });
    expect(await json(`${url}/health`)).toMatchObject({ run: "00001-a", state: "done" });
    expect(await json(`${url}/api/samples`)).toMatchObject({ samples: [{ url: "/samples/000010.png" }] });
  });
});

test("leads nowhere but to runs of its folder", async () => {
  const out = await temporaryFolder();
  await writeRun(out, "00001-a", {});
  await writeRun(join(out, "inner"), "00002-b", {});
  const url = await serve(new RunsSite(join(out, "inner")));
  for (const name of ["..%2f00001-a", "%2e%2e%2f00001-a", "..", "%00", "00001-a", "..%5c00001-a", "%"])
    expect([name, (await fetch(`${url}/runs/${name}/api/run`)).status]).toEqual([name, 404]);
  expect((await fetch(`${url}/runs/00002-b/api/run`)).status).toBe(200);
  expect((await fetch(`${url}/api/runs?all=1`)).status).toBe(400);
  expect(await new Listener(`${url}/runs/00009-z`).refused()).toBe(404);
});

test("follows a few runs at a time, however many are opened", async () => {
  const out = await temporaryFolder();
  for (let i = 1; i <= 20; i++) await writeRun(out, `run-${i}`, { state: "done" });
  const site = new RunsSite(out);
  const url = await serve(site);
  for (let i = 1; i <= 20; i++)
    expect(await json(`${url}/runs/run-${i}/api/run`)).toMatchObject({ run: `run-${i}` });
  expect([...site.open]).toHaveLength(16);
});

async function serve(site: Site): Promise<string> {
  const dashboard = await startDashboard({ host: "127.0.0.1", port: 0, site });
  onTestFinished(() => dashboard.close());
  return dashboard.url;
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text);
}

interface Written {
  /** Without it no status is written. */
  readonly state?: "training" | "done";
  readonly batch?: number;
}

/** Of 20 steps of 100, with one grid. */
async function writeRun(out: string, name: string, { state, batch = 64 }: Written): Promise<RunPaths> {
  const paths = runPaths(join(out, name));
  await mkdir(paths.checkpoints, { recursive: true });
  await mkdir(paths.samples);
  const config = { preset: "digits", batch, length: { kind: "steps", steps: 100 } };
  await writeFile(paths.configFile, JSON.stringify(config));
  await writeFile(paths.statsFile, Array.from({ length: 20 }, (_, i) => lineOf(i + 1)).join(""));
  await writeFile(join(paths.samples, "000010.png"), "picture");
  if (state) await writeStatus(paths, state);
  return paths;
}

async function writeStatus(paths: RunPaths, state: "training" | "done"): Promise<void> {
  const record = newStatusRecord({ run: paths.name, host: "here", dashboard: null });
  const warnings = [{ code: "COLLAPSE", message: "images are alike", since: 4, times: 3 }];
  const heartbeat = Date.now();
  await writeFile(
    `${paths.statusFile}.tmp`,
    encodeStatusRecord({ ...record, state, step: 20, steps: 100, heartbeat, warnings }),
  );
  await rename(`${paths.statusFile}.tmp`, paths.statusFile);
}

/** G's loss is the step's tenth. */
function lineOf(step: number): string {
  const facts = { step, version: step, images: 64 * step, epoch: 0, seconds: step, imagesPerSecond: 64, remainingSeconds: 1 }; // prettier-ignore
  return `${JSON.stringify({ ...facts, "loss/generator": step / 10 })}\n`;
}
