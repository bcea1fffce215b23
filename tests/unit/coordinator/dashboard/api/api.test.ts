// The routes of /api and /metrics, over HTTP: what they answer, that it follows its schemas, and what they refuse.
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  runAnswer,
  samplesAnswer,
  seriesAnswer,
  seriesDataAnswer,
  warningsAnswer,
} from "../../../../../coordinator/dashboard/api/schemas.ts";
import { EventHistory } from "../../../../../coordinator/dashboard/history.ts";
import { type Dashboard, startDashboard } from "../../../../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../../../../coordinator/dashboard/site.ts";
import { encodeImageGrid } from "../../../../../coordinator/records/sample-grid.ts";
import { type RunPaths, runPaths } from "../../../../../coordinator/records/run-paths.ts";
import { randomLines, textOf, valuesOf } from "../series/support.ts";
import { runEvent, stepEvent, warningEvent } from "../support.ts";

const LINES = randomLines(3_000, 5);

let folder: RunPaths;
let history: EventHistory;
let dashboard: Dashboard;

beforeEach(async () => {
  folder = runPaths(await mkdtemp(join(tmpdir(), "ganglion-api-")));
  await mkdir(folder.samples);
  await writeFile(folder.statsFile, textOf(LINES));
  history = new EventHistory();
  dashboard = await startDashboard({ host: "127.0.0.1", port: 0, site: siteOfRun({ history, folder }) });
});

afterEach(async () => {
  await dashboard.close();
  await rm(folder.path, { recursive: true });
});

describe("GET /api/run", () => {
  test("says what the run is, and since when", async () => {
    history.publish(runEvent("stalled"));
    const started = "2026-11-30T07:15:13.000Z";
    const session = { command: [], fromStep: 0, ganglion: "0", nodeJs: "20", system: "x", host: "h", started, nodes: [] }; // prettier-ignore
    await writeFile(
      folder.runFile,
      JSON.stringify({ sessions: [session, { ...session, started: "later" }] }),
    );
    const answer = runAnswer.strict().parse(await json("/api/run"));
    expect(answer).toMatchObject({
      run: "00007-dcgan-mnist",
      state: "stalled",
      batch: 64,
      startedAt: started,
    });
  });

  test("has no answer before the run is known", async () => {
    expect(await get("/api/run")).toMatchObject({
      status: 404,
      text: expect.stringContaining("ask again in a moment"),
    });
  });
});

describe("GET /api/samples", () => {
  test("lists every grid since the first, with the checkpoint that draws it and its classes", async () => {
    for (const step of [250, 500, 1000, 1_000_000]) await draw(step);
    await writeFile(join(folder.samples, "notes.png"), "");
    const index = { "000250.png": { checkpoint: "000500.safetensors", stepsLater: 250 }, "000500.png": { checkpoint: "000500.safetensors", stepsLater: 0 } }; // prettier-ignore
    await writeFile(folder.pictureIndexFile, JSON.stringify(index));
    const { samples } = samplesAnswer.strict().parse(await json("/api/samples"));
    expect(samples.map(({ step }) => step)).toEqual([250, 500, 1000, 1_000_000]);
    expect(samples[1]).toEqual({
      step: 500,
      url: "/samples/000500.png",
      thumb: "/samples/thumbs/000500.webp",
      checkpoint: "000500.safetensors",
    });
    expect(samples[0]).not.toHaveProperty("checkpoint");
    history.publish({ type: "samples", step: 1, file: "", url: "", columns: ["cat", "dog"] });
    const some = samplesAnswer.parse(await json("/api/samples?from=251&to=1000")).samples;
    expect(some.map(({ step, columns }) => [step, columns])).toEqual([[500, ["cat", "dog"]], [1000, ["cat", "dog"]]]); // prettier-ignore
  });

  test("has small pictures of them, which a browser asks for again only when they were drawn again", async () => {
    await draw(500);
    const first = await fetch(`${dashboard.url}/samples/thumbs/000500.webp`);
    expect(first.headers.get("content-type")).toBe("image/webp");
    const { width, height, format } = await sharp(Buffer.from(await first.arrayBuffer())).metadata();
    expect({ width, height, format }).toEqual({ width: 192, height: 192, format: "webp" });
    const etag = first.headers.get("etag")!;
    const again = await fetch(first.url, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    await utimes(join(folder.samples, "000500.png"), 1, 1);
    expect((await fetch(first.url, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test("makes none of what is no sample grid", async () => {
    await writeFile(join(folder.samples, "000001.png"), "no picture");
    await mkdir(join(folder.samples, "000002.png"));
    expect((await get("/samples/thumbs/000001.webp")).status).toBe(500);
    for (const name of ["000002.webp", "000003.webp", "x.webp", "..%2f000001.webp", "000001.png"])
      expect([name, (await get(`/samples/thumbs/${name}`)).status]).toEqual([name, 404]);
  });
});

describe("GET /api/series", () => {
  test("lists them, with their kind and steps", async () => {
    const answer = seriesAnswer.strict().parse(await json("/api/series"));
    expect(answer.names.map(({ name, kind }) => [name, kind])).toEqual([
      ["loss/discriminator", "loss"],
      ["loss/generator", "loss"],
      ["gradientNorm/generator", "gradientNorm"],
      ["evaluation/fid", "evaluation"],
    ]);
    expect(answer).toMatchObject({ read: 1, damagedLines: 0, problem: null });
    expect(answer.names[3]).toMatchObject({ count: 60, firstStep: 50, lastStep: 3_000 });
  });

  test("has the values of stats.jsonl, null where they were not finite", async () => {
    const path = "/api/series/data?names=loss/discriminator,evaluation/fid&points=10000";
    const { from, to, series } = seriesDataAnswer.strict().parse(await json(path));
    expect([from, to]).toEqual([0, 3_000]);
    for (const [name, { steps, min, max, last }] of Object.entries(series)) {
      const due = valuesOf(LINES, name, { from, to });
      const values = due.values.map((value) => (Number.isNaN(value) ? null : value));
      expect({ steps, min, max, last }).toEqual({ steps: due.steps, min: values, max: values, last: values });
    }
    expect(series["loss/discriminator"].last).toContain(null);
  });

  test("has as many buckets as are asked for, of the steps that are asked for, 1,000 at most unless told otherwise", async () => {
    const asked = "/api/series/data?names=loss/generator&from=101&to=2100";
    const { series } = seriesDataAnswer.parse(await json(`${asked}&points=20`));
    const { steps } = series["loss/generator"];
    expect([steps.length, steps[0], steps.at(-1)]).toEqual([20, 200, 2100]);
    const usual = seriesDataAnswer.parse(await json(asked)).series["loss/generator"];
    expect(usual.steps).toHaveLength(1000);
  });

  test("has empty lists for a series that the run does not have", async () => {
    const { series } = seriesDataAnswer.parse(await json("/api/series/data?names=evaluation/kid"));
    expect(series).toEqual({ "evaluation/kid": { steps: [], min: [], max: [], last: [] } });
  });
});

test("GET /api/warnings has each once: since when, until when, how often, as it was told last", async () => {
  history.publish(warningEvent("the gradient norm is 10"));
  history.publish(stepEvent(7));
  history.publish(warningEvent("the disk is full"));
  history.publish(stepEvent(9));
  history.publish(warningEvent("the gradient norm is 20"));
  expect(warningsAnswer.strict().parse(await json("/api/warnings")).warnings).toEqual([
    { code: "TEST", message: "the gradient norm is 20", firstStep: 0, lastStep: 9, times: 2 },
    { code: "TEST", message: "the disk is full", firstStep: 7, lastStep: 7, times: 1 },
  ]);
});

describe("GET /metrics", () => {
  test("has the run's numbers for Prometheus", async () => {
    history.publish(runEvent());
    history.publish(stepEvent(12));
    history.publish(warningEvent('quotes " and \\ and\nlines'));
    const { text, type } = await get("/metrics");
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
    for (const line of [
      'ganglion_run_info{run="00007-dcgan-mnist",preset="dcgan-mnist"} 1',
      'ganglion_run_state{state="training"} 1',
      'ganglion_run_state{state="failed"} 0',
      "# TYPE ganglion_step gauge",
      "ganglion_step 12",
      "ganglion_images_per_second 128",
      'ganglion_loss{network="generator"} 1.5',
      'ganglion_gradient_norm{network="discriminator"} 0.25',
      'ganglion_warnings{code="TEST"} 1',
      "ganglion_dashboard_clients 0",
    ])
      expect(text.split("\n")).toContain(line);
  });

  test("has all that the Grafana dashboard shows", async () => {
    history.publish(runEvent());
    history.publish(stepEvent(12));
    history.publish({ type: "workers", nodes: [], refused: { late: 1 } });
    const { text } = await get("/metrics");
    const file = new URL("../../../../../deploy/grafana-dashboard.json", import.meta.url);
    const { panels } = JSON.parse(await readFile(file, "utf8")) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const used = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/ganglion_\w+/g) ?? []),
    );
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !text.includes(`# TYPE ${name} gauge`))).toEqual([]);
  });
});

test("GET /api/schema has a JSON Schema for each route", async () => {
  const { routes } = (await json("/api/schema")) as {
    readonly routes: Readonly<Record<string, { readonly parameters: object; readonly answer: object }>>;
  };
  expect(Object.keys(routes)).toEqual([
    "GET /api/run",
    "GET /api/samples",
    "GET /api/series",
    "GET /api/series/data",
    "GET /api/warnings",
    "GET /api/runs",
  ]);
  expect(routes["GET /api/series/data"].parameters).toMatchObject({
    type: "object",
    required: ["names"],
    additionalProperties: false,
  });
  expect(routes["GET /api/run"].answer).toMatchObject({ properties: { steps: { type: "integer" } } });
});

describe("refuses", () => {
  test.each([
    ["/api/series/data", "names is missing: see /api/schema"],
    ["/api/series/data?names=", 'names="" cannot be used: give names of /api/series'],
    ["/api/series/data?names=a,,b", 'names has "", which is no name of a series'],
    ["/api/series/data?names=a&points=0", 'points="0" cannot be used: give a number of buckets from 1 to'],
    ["/api/series/data?names=a&points=1e3", 'points="1e3" cannot be used'],
    ["/api/series/data?names=a&points=10001", 'points="10001" cannot be used'],
    ["/api/series/data?names=a&from=-1", 'from="-1" cannot be used: give a step, such as 500'],
    ["/api/series/data?names=a&from=9&to=8", "from=9 is after to=8"],
    ["/api/series/data?names=a&names=b", '"names" is there twice'],
    [`/api/series/data?names=${Array.from({ length: 257 }, (_, i) => `s${i}`).join(",")}`, "names are 257, and at most 256"], // prettier-ignore
    [`/api/series/data?names=${Array.from({ length: 100 }, (_, i) => `s${i}`).join(",")}&points=9000`, "more than 400000 in one answer"], // prettier-ignore
    ["/api/samples?until=9", '"until" is no parameter of this route'],
    ["/api/samples?from=99999999999999999999", 'from="99999999999999999999" cannot be used'],
    ["/api/run?x=1", '"x" is no parameter of this route'],
    ["/api/warnings?__proto__=1", '"__proto__" is no parameter of this route'],
  ])("%s", async (path, why) => {
    const { status, text } = await get(path);
    expect(text).toContain(why);
    expect(status).toBe(400);
  });

  test("a stranger's page, a wrong name, a missing token and any other method, on every route", async () => {
    await dashboard.close();
    const site = siteOfRun({ history, folder });
    dashboard = await startDashboard({ host: "127.0.0.1", port: 0, token: "secret-1", site });
    const paths = ["/api", "/api/schema", "/api/run", "/api/samples", "/api/series", "/api/series/data?names=a", "/api/warnings", "/metrics", "/samples/thumbs/000001.webp"]; // prettier-ignore
    const authorization = "Bearer secret-1";
    for (const path of paths) {
      expect([path, (await get(path)).status]).toEqual([path, 401]);
      const origin = "http://evil.example";
      expect((await get(path, { headers: { origin, authorization } })).status).toBe(403);
      expect((await get(path, { method: "POST", headers: { authorization } })).status).toBe(405);
      expect((await get(path, { headers: { authorization } })).status).not.toBe(401);
    }
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/api/series?token=secret-1")).status).toBe(200);
  });
});

async function get(
  path: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly text: string; readonly type: string | null }> {
  const response = await fetch(dashboard.url + path, init);
  return {
    status: response.status,
    text: await response.text(),
    type: response.headers.get("content-type"),
  };
}

async function json(path: string): Promise<unknown> {
  const { status, text } = await get(path);
  expect([status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text);
}

/** A grid of 64 tiles. */
async function draw(step: number): Promise<void> {
  const images = new Float32Array(64 * 8 * 8).map((_, i) => Math.sin(i + step));
  const name = `${String(step).padStart(6, "0")}.png`;
  await writeFile(join(folder.samples, name), await encodeImageGrid({ images, imageShape: [8, 8, 1] }));
}
