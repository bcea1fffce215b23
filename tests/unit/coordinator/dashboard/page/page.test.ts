// The page, in a real browser: what is published is what it shows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium as playwrightChromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import sharp from "sharp";
import type { RunEvent } from "../../../../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../../../../coordinator/dashboard/history.ts";
import { startDashboard, type Dashboard } from "../../../../../coordinator/dashboard/server.ts";
import { findChromium } from "../../../../support/find-chromium.ts";
import { runEvent, stepEvent, warningEvent } from "../support.ts";

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

let browser: Browser | null = null;
let folder: string;
let dashboard: Dashboard;
let history: EventHistory;

beforeAll(async () => {
  if (chromium === null) return;
  browser = await playwrightChromium.launch({
    executablePath: chromium,
    // It looks nothing up on the network.
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
});

afterAll(() => browser?.close());

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
    expect(await page.textContent("#remaining")).toBe("1 h 02 min");
    expect(await page.textContent("#connection")).toMatch(/^connected, last event \d+ s ago$/);
    await page.getByText("All numbers of the newest step").click();
    const rows = await page.locator("tr").allInnerTexts();
    expect(rows).toContain("loss/discriminator\t0.625");
    expect(rows).toContain("generator\t0.75");
    expect(rows).toContain("discriminator/00-dense\t0.25");
    expect(rows).toContain("node-1\tready\tgraph on cpu\t2\t41.2\t512\t0");
    // 96 pixels wide, so the picture came and is shown.
    const widthOf = (image: unknown): number => (image as { naturalWidth: number }).naturalWidth;
    await expect
      .poll(() => page.getByAltText("samples of the generator at step 128").evaluate(widthOf))
      .toBe(96);
    expect(await page.locator("img[src='x']").count()).toBe(0);
  });
  // The page, the socket and the picture were all allowed, with the token.
  expect(dashboard.status().refused["token"]).toBeUndefined();
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
      await page.getByText("No step is made although nodes are ready: it waits for shard 3").waitFor();
      const shown = (id: string): Promise<string | null> => page.textContent(`#${id}`);
      expect([await shown("speed"), await shown("remaining"), await shown("step")]).toEqual([
        "stalled",
        "unknown",
        "128 / 500",
      ]);
      history.publish(runEvent());
      history.publish(stepEvent(129));
      await until(() => shown("speed")).toBe("128 images/s");
      expect(await shown("state")).toBe("training");
      const floor = { images: 9, metrics: { fid: 0.4 } };
      const terms = { extractor: "seed-cnn", resizer: "none", images: 1000, seed: 1, floor };
      history.publish({ type: "evaluation", step: 129, metrics: { fid: 35.8 }, ...terms });
      const told = "step 129: fid 35.8 (seed-cnn, 1,000 images, floor fid 0.4)";
      await until(() => shown("evaluation")).toBe(told);
    });
  },
);

test.skipIf(chromium === null)("a browser without the token is asked for it until it is right", async () => {
  history.publish(runEvent());
  await withPage(
    dashboard.url,
    async (page) => {
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
    },
    { areMissing: true },
  );
  expect(dashboard.status().refused["token"]).toBe(2);
});

test.skipIf(chromium === null)(
  "charts show each value under the cursor, and a number that is none as one",
  async () => {
    history.publish(runEvent());
    for (let step = 1; step <= 20; step++) history.publish(measured(step, { ratio: Number.NaN }));
    await openPage(async (page) => {
      const losses = page.locator("[data-chart=loss]");
      const named = losses.getByRole("img");
      await until(() => named.getAttribute("aria-label")).toBe("Losses: discriminator 1, generator 1");
      const ratio = page.locator("[data-chart=ratio]").getByRole("img");
      expect(await ratio.getAttribute("aria-label")).toBe("ratio: ratio not a number");
      for (const step of [1, 7, 20]) {
        await pointAt(page, losses, (step - 1) / 19);
        await until(() => losses.locator(".at").textContent()).toBe(`step ${step}`);
        const own = `discriminator ${step / 20}`;
        expect(await losses.locator(".legend li").allTextContents()).toContain(own);
        // The pointer of one chart is the pointer of all.
        expect(await page.locator("[data-chart=gradientNorm] .at").textContent()).toBe(`step ${step}`);
      }
      await page.mouse.move(0, 0);
      history.publish(measured(11, {})); // a coordinator that was killed goes on from its checkpoint
      await until(() => named.getAttribute("aria-label")).toContain("discriminator 0.55");
    });
  },
);

test.skipIf(chromium === null)(
  "a drag over one chart zooms all, and a double click shows all steps again",
  async () => {
    history.publish(runEvent());
    for (let step = 1; step <= 101; step++) history.publish(measured(step, {}));
    await openPage(async (page) => {
      const losses = page.locator("[data-chart=loss]");
      await pointAt(page, losses, 0.2);
      await page.mouse.down();
      await pointAt(page, losses, 0.6);
      await page.mouse.up();
      await page.getByRole("button", { name: /^steps (20|21|22) to (60|61|62) / }).waitFor();
      const norms = page.locator("[data-chart=gradientNorm]");
      await pointAt(page, norms, 0);
      await until(() => norms.locator(".at").textContent()).toMatch(/^step 2[012]$/);
      await losses.getByRole("img").dblclick();
      await pointAt(page, norms, 0);
      await until(() => norms.locator(".at").textContent()).toBe("step 1");
    });
  },
);

test.skipIf(chromium === null)("a line can be hidden, and an axis be logarithmic", async () => {
  history.publish(runEvent());
  for (let step = 1; step <= 5; step++) history.publish(measured(step, {}));
  await openPage(async (page) => {
    const line = page.locator("[data-chart=loss]").getByRole("button", { name: /^discriminator/ });
    await line.click();
    expect(await line.getAttribute("aria-pressed")).toBe("false");
    const log = page.locator("[data-chart=loss]").getByRole("button", { name: "log" });
    await log.click();
    expect(await log.getAttribute("aria-pressed")).toBe("true");
    await line.click();
    expect(await line.getAttribute("aria-pressed")).toBe("true");
  });
});

test.skipIf(chromium === null)(
  "every grid can be gone to: by slider, keys, number, thumbnail, chart, and by playing",
  async () => {
    history.publish(runEvent());
    for (let step = 1; step <= 40; step++) {
      history.publish(measured(step, {}));
      if (step % 10 === 0) await publishGrid(step);
    }
    await openPage(async (page) => {
      const shown = page.locator("#pictures-title small");
      await until(() => shown.textContent()).toBe("step 40");
      const then = async (act: () => Promise<unknown>, step: number): Promise<void> => {
        await act();
        await until(() => shown.textContent()).toBe(`step ${step}`);
      };
      await then(() => page.keyboard.press("ArrowLeft"), 30);
      await then(() => page.keyboard.press("Home"), 10);
      await then(() => page.getByRole("slider", { name: "grid" }).fill("1"), 20);
      await then(async () => {
        await page.getByLabel("step", { exact: true }).fill("37"); // the grid before it
        await page.keyboard.press("Enter");
      }, 30);
      await then(() => page.getByRole("button", { name: "show step 10" }).click(), 10);
      await pointAt(page, page.locator("[data-chart=loss]"), 24 / 39);
      await page.mouse.down();
      await page.mouse.up();
      await until(() => shown.textContent()).toBe("step 20");
      await page.getByLabel("grids a second").selectOption("16");
      await page.getByRole("button", { name: "play" }).click();
      await until(() => shown.textContent()).toBe("step 40");
      await page.getByRole("button", { name: "play" }).waitFor(); // it stops on the newest, and follows it
      await publishGrid(50);
      await until(() => shown.textContent()).toBe("step 50");
    });
  },
);

test.skipIf(chromium === null)(
  "two steps are compared side by side, under a divider, and at full size",
  async () => {
    history.publish(runEvent());
    for (const step of [10, 20, 30]) await publishGrid(step, ["cat", "dog"]);
    await openPage(async (page) => {
      await page.getByText("dog").waitFor();
      await page.getByRole("button", { name: "side by side" }).click();
      expect(await page.locator(".beside figcaption").allTextContents()).toEqual(["step 10", "step 30"]);
      await page.getByLabel("compared with").fill("20");
      await page.keyboard.press("Enter");
      await until(() => page.locator(".beside figcaption").first().textContent()).toBe("step 20");
      await page.getByRole("button", { name: "divider" }).click();
      const divider = page.getByLabel("divider: step 20 on its left, step 30 on its right");
      await divider.fill("25");
      const clip = (image: unknown): string =>
        (
          globalThis as unknown as { getComputedStyle: (of: unknown) => { clipPath: string } }
        ).getComputedStyle(image).clipPath;
      expect(await page.locator(".divided img.right").evaluate(clip)).toBe("inset(0px 0px 0px 25%)");
      await page.getByRole("button", { name: "full size" }).click();
      const full = page.getByRole("dialog");
      expect(await full.locator("figcaption").allTextContents()).toEqual(["step 20", "step 30"]);
      await full.getByRole("button", { name: "2×" }).click();
      await until(async () => (await full.locator("img").first().boundingBox())?.width).toBe(192);
      await page.keyboard.press("Escape");
      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name: "GIF" }).click();
      const gif = await sharp(await (await saved).path(), { animated: true }).metadata();
      expect([gif.width, gif.pageHeight, gif.pages]).toEqual([96, 64, 3]);
      await until(() => full.count()).toBe(0);
    });
  },
);

test.skipIf(chromium === null)("of 2,000 grids only those thumbnails are loaded that are seen", async () => {
  history.publish(runEvent());
  for (let step = 1; step <= 2000; step++)
    history.publish({ type: "samples", step, file: `${step}.png`, url: `/samples/${step}.png` });
  await openPage(
    async (page) => {
      await until(() => page.locator("#pictures-title small").textContent()).toBe("step 2,000");
      expect(await page.locator(".film button").count()).toBeLessThan(40);
      await page.keyboard.press("Home");
      await page.getByRole("button", { name: "show step 1", exact: true }).waitFor();
      expect(await page.locator(".film button").count()).toBeLessThan(40);
    },
    { areMissing: true },
  );
});

test.skipIf(chromium === null)(
  "a page that lost its coordinator goes on where it was, without a gap or an event twice",
  async () => {
    const { port } = new URL(dashboard.url);
    history.publish(runEvent());
    for (let step = 1; step <= 3; step++) history.publish(measured(step, {}));
    await openPage(
      async (page) => {
        const chart = page.locator("[data-chart=loss]").getByRole("img");
        await until(() => chart.getAttribute("aria-label")).toContain("discriminator 0.15");
        await dashboard.close();
        await page.getByText("trying again").waitFor();
        history.publish(warningEvent("while it was away"));
        history.publish(measured(4, {}));
        dashboard = await start(Number(port));
        await until(() => page.textContent("#step")).toBe("4 / 500");
        expect(await page.locator("#warnings li").allInnerTexts()).toEqual([expect.stringContaining("once")]);
        // Another coordinator counts anew: it has as many events, but not the same.
        await dashboard.close();
        await page.getByText("trying again").waitFor();
        history = new EventHistory();
        history.publish(runEvent());
        for (let step = 3; step <= 12; step++) history.publish(measured(step, {}));
        dashboard = await start(Number(port));
        await until(() => page.textContent("#step")).toBe("12 / 500");
        const losses = page.locator("[data-chart=loss]");
        for (const step of [2, 3, 4, 5]) {
          await pointAt(page, losses, (step - 1) / 11);
          await until(() => losses.locator(".at").textContent()).toBe(`step ${step}`);
        }
      },
      { areMissing: true },
    );
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
      await until(() => page.textContent("#node-count")).toBe("32 nodes: 32 ready");
      expect(await page.textContent("#refused")).toBe("Refused: stale 3");
      expect(await page.textContent("#events")).toContain("32 nodes ready");
      const plot = page.locator("[data-chart=loss]").getByRole("img");
      await plot.waitFor();
      const { x, width: wide } = (await plot.boundingBox())!;
      expect(x + wide).toBeLessThanOrEqual(390);
      const width = "document.documentElement.scrollWidth";
      expect(await page.evaluate(width)).toBeLessThanOrEqual(390);
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
      await until(() => page.textContent("#step")).toBe("100 / 500");
      expect(await page.locator("#warnings li", { hasText: "no worker is ready" }).allInnerTexts()).toEqual([
        expect.stringMatching(
          /^no worker is ready\s+TEST\s+before the first step\s+3 times\s+\d\d:\d\d:\d\d$/,
        ),
      ]);
    });
  },
);

test.skipIf(chromium === null)(
  "a page without its coordinator says so, and whether the run had ended",
  async () => {
    history.publish(runEvent());
    await openPage(
      async (page) => {
        await page.getByText("connected, last event").waitFor();
        await dashboard.close();
        await page.getByText("trying again; what follows is how it was then").waitFor();
      },
      { areMissing: true },
    );
    dashboard = await start();
    const failed = runEvent("failed");
    history.publish(failed.type === "run" ? { ...failed, reason: "the disk is full" } : failed);
    await openPage(
      async (page) => {
        await page.getByText("It failed before its first step: the disk is full").first().waitFor();
        await dashboard.close();
        await page.getByText("the run has ended, and its coordinator with it").waitFor();
        expect(await page.textContent("#remaining")).toBe("none");
      },
      { areMissing: true },
    );
  },
);

test.skipIf(chromium === null)(
  "what happened can be filtered by kind and by word, in the viewer's time",
  async () => {
    history.publish(runEvent());
    history.publish({ type: "workers", nodes: [NODE] });
    const { time } = history.publish(warningEvent("no worker is ready"));
    await openPage(async (page) => {
      const lines = page.locator("#events li");
      await until(() => lines.count()).toBe(3);
      const here = new Date(time).toLocaleTimeString("en-GB", { timeZone: "Asia/Tokyo" });
      expect(await lines.first().innerText()).toMatch(new RegExp(`^${here}\\s+TEST: no worker is ready$`));
      await page.getByLabel("search in what happened").fill("READY");
      await until(() => lines.count()).toBe(2);
      await page.getByRole("button", { name: "warnings", exact: true }).click();
      await until(() => lines.allInnerTexts()).toEqual([expect.stringMatching(/node-1 ready$/)]);
    });
  },
);

/** What comes within some seconds, on a busy machine too. */
function until<T>(get: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(get, { timeout: 20_000, interval: 20 });
}

/** Loss of D: a twentieth of the step. */
function measured(step: number, others: Readonly<Record<string, number>>): RunEvent {
  const event = stepEvent(step);
  const metrics = { "loss/discriminator": step / 20, "loss/generator": 1, ...others };
  return event.type === "step" ? { ...event, metrics } : event;
}

async function publishGrid(step: number, columns?: readonly string[]): Promise<void> {
  const file = `${String(step).padStart(6, "0")}.png`;
  const picture = { width: 96, height: 64, channels: 3, background: "teal" } as const;
  await sharp({ create: picture }).png().toFile(join(folder, file));
  history.publish({ type: "samples", step, file, url: `/samples/${file}`, ...(columns && { columns }) });
}

/** Moves the pointer over a chart, to a part of its width. */
async function pointAt(page: Page, chart: Locator, part: number): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await chart.locator(".u-over").boundingBox())!;
  await page.mouse.move(x + Math.min(width - 1, Math.max(1, part * width)), y + height / 2, { steps: 2 });
}

interface Expected {
  /** Whether something that the page asks for is not there. */
  readonly areMissing?: boolean;
}

function openPage(body: (page: Page) => Promise<void>, expected: Expected = {}): Promise<void> {
  return withPage(`${dashboard.url}/?token=${encodeURIComponent(TOKEN)}`, body, expected);
}

function start(port = 0): Promise<Dashboard> {
  return startDashboard({ host: "127.0.0.1", port, token: TOKEN, history, samplesFolder: folder });
}

/** Opens `url` in a headless Chromium, whose console must stay silent. */
async function withPage(
  url: string,
  body: (page: Page) => Promise<void>,
  { areMissing = false }: Expected = {},
): Promise<void> {
  const page = await browser!.newPage({ timezoneId: "Asia/Tokyo" });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const isMissing =
      message.text().startsWith("Failed to load resource") || message.text().includes("WebSocket");
    if (!areMissing || !isMissing) complaints.push(`${message.text()} ${message.location().url}`);
  });
  try {
    await page.goto(url);
    await body(page);
    expect(complaints.filter((text) => !/ 404 .*\/api\//.test(text))).toEqual([]);
  } finally {
    await page.close();
  }
}
