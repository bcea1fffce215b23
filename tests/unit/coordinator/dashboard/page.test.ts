// The page, in a real browser: what is published is what it shows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as playwrightChromium, type Locator, type Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import sharp from "sharp";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { startDashboard, type Dashboard } from "../../../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../../../coordinator/dashboard/site.ts";
import { runPaths } from "../../../../coordinator/records/run-paths.ts";
import { findChromium } from "../../../support/find-chromium.ts";
import { runEvent, stepEvent, warningEvent } from "./support.ts";

const chromium = findChromium("The dashboard's page was");

const TOKEN = "a secret; & more=ü";

const NODE = {
  node: "node-1",
  threads: 2,
  engine: "graph",
  device: "cpu",
  state: "ready",
  prepareMs: 120,
  contributions: 512,
  faults: 0,
  shardMs: 41.2,
} as const;

let folder: string;
let dashboard: Dashboard;
let history: EventHistory;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-page-"));
  history = new EventHistory();
  dashboard = await start();
});

afterEach(async () => {
  await dashboard.close();
  await rm(folder, { recursive: true });
});

test.skipIf(chromium === null)("the page shows what is published, as text", async () => {
  const picture = { width: 96, height: 64, channels: 3, background: "teal" } as const;
  await sharp({ create: picture }).png().toFile(join(folder, "000128.png"));
  history.publish(runEvent());
  history.publish({
    type: "workers",
    nodes: [NODE],
  });
  history.publish({ type: "samples", step: 128, file: "000128.png", url: "/samples/000128.png" });
  history.publish(stepEvent(127));
  history.publish(stepEvent(128));
  history.publish(warningEvent("<img src=x onerror=alert(1)>"));

  await withPage(`${dashboard.url}/?token=${encodeURIComponent(TOKEN)}`, async (page) => {
    expect(page.url()).toBe(`${dashboard.url}/`); // no token in the address any more
    await page.locator("#warnings").getByText("<img src=x onerror=alert(1)>").waitFor();

    expect(await page.title()).toBe("00007-dcgan-mnist - Ganglion");
    expect(await page.textContent("#state")).toBe("training");
    expect(await page.textContent("#step")).toBe("128 / 500");
    expect(await page.textContent("#speed")).toBe("128 images/s");
    // 3725 = 1 × 3600 + 2 × 60 + 5
    expect(await page.textContent("#remaining")).toBe("1 h 2 min 5 s");
    expect(await page.textContent("#connection")).toMatch(/^connected, last event \d+ s ago$/);
    await page.getByText("All numbers of the newest step").click();
    const rows = await page.locator("tr").allInnerTexts();
    expect(rows).toContain("loss/discriminator\t0.625");
    expect(rows).toContain("generator\t0.75");
    expect(rows).toContain("discriminator/00-dense\t0.25");
    expect(rows).toContain("node-1\tready\t2\tgraph\tcpu\t512\t41.2");
    // 96 pixels wide, so the picture came and is shown.
    const widthOf = (image: unknown): number => (image as { naturalWidth: number }).naturalWidth;
    await expect.poll(() => page.locator("#sample").evaluate(widthOf)).toBe(96);
    expect(await page.locator("img[src='x']").count()).toBe(0);
  });
  // The page, the socket and the picture were all allowed, with the token.
  expect(dashboard.status().refused).toEqual({});
});

test.skipIf(chromium === null)(
  "a run that stalls shows no speed, and what it waits for, until it gets on",
  async () => {
    history.publish(runEvent());
    history.publish(stepEvent(128));
    history.publish({ ...runEvent("stalled"), reason: "it waits for shard 3" } as ReturnType<
      typeof runEvent
    >);
    await openPage(async (page) => {
      await page.getByText("stalled: it waits for shard 3").waitFor();
      const shown = (id: string): Promise<string | null> => page.textContent(`#${id}`);
      expect([await shown("speed"), await shown("remaining"), await shown("step")]).toEqual([
        "stalled",
        "unknown",
        "128 / 500",
      ]);
      history.publish(runEvent());
      history.publish(stepEvent(129));
      await expect.poll(() => shown("speed")).toBe("128 images/s");
      expect(await shown("state")).toBe("training");
      const floor = { images: 9, metrics: { fid: 0.4 } };
      const terms = { extractor: "seed-cnn", resizer: "none", images: 1000, seed: 1, floor };
      history.publish({ type: "evaluation", step: 129, metrics: { fid: 35.8 }, ...terms });
      const told = "step 129: fid 35.8 (seed-cnn, 1,000 images, floor fid 0.4)";
      await expect.poll(() => shown("evaluation")).toBe(told);
    });
  },
);

test.skipIf(chromium === null)("a browser without the token is asked for it until it is right", async () => {
  history.publish(runEvent());
  await withPage(dashboard.url, async (page) => {
    await page.getByText("needs the token that its coordinator was started with").waitFor();
    await page.getByLabel("Token").fill("a guess");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("This is not the token of this dashboard.").waitFor();
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByText("connected, last event").waitFor();
    expect(page.url()).toBe(`${dashboard.url}/`);
    await page.reload(); // the browser keeps it
    await page.getByText("connected, last event").waitFor();
  });
  expect(dashboard.status().refused).toEqual({ token: 2 });
});

test.skipIf(chromium === null)(
  "two networks are drawn as two lines, and a number that is none as a gap",
  async () => {
    history.publish(runEvent());
    for (let step = 1; step <= 20; step++) {
      const event = stepEvent(step);
      const metrics = { "loss/discriminator": step / 20, "loss/generator": 1, ratio: Number.NaN };
      history.publish(event.type === "step" ? { ...event, metrics } : event);
    }
    await openPage(async (page) => {
      const loss = page.getByRole("img", { name: "loss" });
      await expect.poll(() => loss.locator("polyline").count()).toBe(2);
      expect(await loss.getAttribute("aria-label")).toBe("loss: discriminator 1, generator 1");
      expect(await loss.locator("text").allTextContents()).toEqual(
        expect.arrayContaining(["0.5", "step 1", "20"]),
      );
      const ratio = page.getByRole("img", { name: "ratio" });
      expect(await ratio.getAttribute("aria-label")).toBe("ratio: not a number");
      expect(await ratio.locator("polyline").count()).toBe(0);
      history.publish(stepEvent(11)); // a coordinator that was killed goes on from its checkpoint
      const pointsOf = async (): Promise<number> =>
        (await loss.locator("polyline").first().getAttribute("points"))!.split(" ").length;
      await expect.poll(pointsOf).toBe(11);
    });
  },
);

test.skipIf(chromium === null)(
  "a phone shows 32 nodes of long names without a page that is too wide",
  async () => {
    history.publish(runEvent());
    const nodes = Array.from({ length: 32 }, (_, i) => ({
      ...NODE,
      node: `gpu-${i}.cluster-europe.${"long".repeat(12)}`,
    }));
    history.publish({ type: "workers", nodes, refused: { stale: 3, late: 0 } });
    history.publish(warningEvent("x".repeat(300)));
    for (const step of [1, 2, 3]) history.publish(stepEvent(step));
    await openPage(async (page) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => page.textContent("#node-count")).toBe("32 nodes: 32 ready");
      expect(await page.textContent("#refused")).toBe("Refused: stale 3");
      expect(await page.textContent("#events")).toContain("32 nodes ready");
      const loss = page.getByRole("img", { name: "loss" });
      await expect.poll(() => loss.locator("polyline").count()).toBe(2);
      const rightOf = async (part: Locator): Promise<number> => {
        const { x, width: wide } = (await part.boundingBox())!;
        return x + wide;
      };
      const lastStep = loss.locator("text", { hasText: /^3$/ });
      await expect.poll(() => rightOf(lastStep)).toBeLessThanOrEqual(await rightOf(loss));
      expect(await rightOf(loss.locator("polyline").first())).toBeLessThanOrEqual(await rightOf(loss));
      const width = "document.documentElement.scrollWidth";
      expect(await page.evaluate(width)).toBe(390);
    });
  },
);

test.skipIf(chromium === null)(
  "a warning stays to be seen, however many steps follow, and tells how often it came",
  async () => {
    history.publish(runEvent());
    for (let i = 0; i < 3; i++) history.publish(warningEvent("no worker is ready"));
    for (let step = 1; step <= 100; step++) history.publish(stepEvent(step));
    await openPage(async (page) => {
      await expect.poll(() => page.textContent("#step")).toBe("100 / 500");
      expect(await page.locator("#warnings li", { hasText: "no worker is ready" }).allInnerTexts()).toEqual([
        expect.stringMatching(/^\d\d:\d\d:\d\d \(3 times\) no worker is ready$/),
      ]);
    });
  },
);

test.skipIf(chromium === null)(
  "a page without its coordinator says so, and whether the run had ended",
  async () => {
    history.publish(runEvent());
    await openPage(async (page) => {
      await page.getByText("connected, last event").waitFor();
      await dashboard.close();
      await page.getByText("trying again; what follows is how it was then").waitFor();
    });
    dashboard = await start();
    const failed = runEvent("failed");
    history.publish(failed.type === "run" ? { ...failed, reason: "the disk is full" } : failed);
    await openPage(async (page) => {
      await page.getByText("failed: the disk is full", { exact: true }).waitFor();
      await dashboard.close();
      await page.getByText("the run has ended, and its coordinator with it").waitFor();
      expect(await page.textContent("#remaining")).toBe("none");
    });
  },
);

function openPage(body: (page: Page) => Promise<void>): Promise<void> {
  return withPage(`${dashboard.url}/?token=${encodeURIComponent(TOKEN)}`, body);
}

function start(): Promise<Dashboard> {
  const site = siteOfRun({ history, folder: { ...runPaths(folder), samples: folder } });
  return startDashboard({ host: "127.0.0.1", port: 0, token: TOKEN, site });
}

/** Opens `url` in a headless Chromium that looks nothing up on the network. */
async function withPage(url: string, body: (page: Page) => Promise<void>): Promise<void> {
  const browser = await playwrightChromium.launch({
    executablePath: chromium ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await body(page);
  } finally {
    await browser.close();
  }
}
