// The dashboard's page in a real browser, for its tests: what is published is what it shows.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium as playwrightChromium, type Locator, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { RunEvent } from "../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { startDashboard, type Dashboard } from "../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../coordinator/dashboard/site.ts";
import { runPaths } from "../../coordinator/records/run-paths.ts";
import { stepEvent } from "../unit/coordinator/dashboard/support.ts";
import { findChromium } from "./find-chromium.ts";

export const TOKEN = "a secret; & more=ü";

export const NODE = {
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

interface Expected {
  /** Whether something that the page asks for is not there. */
  readonly areMissing?: boolean;
}

/** One browser for a file of tests; a dashboard and a history of its own for each test. */
export class ShownPage {
  readonly chromium = findChromium("The dashboard's page was");
  history = new EventHistory();
  dashboard!: Dashboard;
  folder = "";
  #browser: Browser | null = null;

  constructor() {
    beforeAll(async () => {
      if (this.chromium !== null) this.#browser = await launch(this.chromium);
    });
    afterAll(() => this.#browser?.close());
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), "ganglion-page-"));
      await mkdir(join(this.folder, "samples"));
      this.history = new EventHistory();
      this.dashboard = await this.#start(0);
    });
    afterEach(async () => {
      await this.dashboard.close();
      await rm(this.folder, { recursive: true });
    });
  }

  /** With the token. */
  open(body: (page: Page) => Promise<void>, expected?: Expected): Promise<void> {
    return this.visit(`${this.dashboard.url}/?token=${encodeURIComponent(TOKEN)}`, body, expected);
  }

  /** In a window whose console must stay silent. */
  async visit(
    url: string,
    body: (page: Page) => Promise<void>,
    { areMissing = false }: Expected = {},
  ): Promise<void> {
    const page = await this.#browser!.newPage({ timezoneId: "Asia/Tokyo" });
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      const isMissing = text.startsWith("Failed to load resource") || text.includes("WebSocket");
      if (!areMissing || !isMissing) complaints.push(`${text} ${message.location().url}`);
    });
    try {
      await page.goto(url);
      await body(page);
      expect(complaints).toEqual([]);
    } finally {
      await page.close();
    }
  }

  /** After it was closed, on the port that it had; another coordinator where it is given another history. */
  async restart(history = this.history): Promise<void> {
    this.history = history;
    this.dashboard = await this.#start(Number(new URL(this.dashboard.url).port));
  }

  async publishGrid(step: number, columns?: readonly string[]): Promise<void> {
    const file = `${String(step).padStart(6, "0")}.png`;
    const picture = { width: 96, height: 64, channels: 3, background: "teal" } as const;
    await sharp({ create: picture })
      .png()
      .toFile(join(this.folder, "samples", file));
    this.history.publish({
      type: "samples",
      step,
      file,
      url: `/samples/${file}`,
      ...(columns && { columns }),
    });
  }

  #start(port: number): Promise<Dashboard> {
    const site = siteOfRun({ history: this.history, folder: runPaths(this.folder) });
    return startDashboard({ host: "127.0.0.1", port, token: TOKEN, site });
  }
}

/** It looks nothing up on the network. */
export function launch(executablePath: string): Promise<Browser> {
  return playwrightChromium.launch({
    executablePath,
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
}

/** What comes within some seconds, on a busy machine too. */
export function until<T>(get: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(get, { timeout: 20_000, interval: 20 });
}

/** Loss of D: a twentieth of the step. */
export function measured(step: number, others: Readonly<Record<string, number>> = {}): RunEvent {
  const event = stepEvent(step);
  const metrics = { "loss/discriminator": step / 20, "loss/generator": 1, ...others };
  return event.type === "step" ? { ...event, metrics } : event;
}

/** Moves the pointer over a chart, to a part of its width. */
export async function pointAt(page: Page, chart: Locator, part: number): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await chart.locator(".u-over").boundingBox())!;
  await page.mouse.move(x + Math.min(width - 1, Math.max(1, part * width)), y + height / 2, { steps: 2 });
}
