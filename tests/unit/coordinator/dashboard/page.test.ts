// The page, in a real browser: what is published is what it shows.
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import sharp from "sharp";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { startDashboard } from "../../../../coordinator/dashboard/server.ts";
import type { Dashboard } from "../../../../coordinator/dashboard/server.ts";
import { runEvent, stepEvent, warningEvent } from "./support.ts";

const chromium = findChromium();
if (chromium === null)
  console.warn("The dashboard's page was NOT tested: no chromium on PATH. Remedy: apt-get install chromium");

let folder: string;
let dashboard: Dashboard;
const history = new EventHistory();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-page-"));
  dashboard = await startDashboard({
    host: "127.0.0.1",
    port: 0,
    token: "a secret & more",
    history,
    samplesFolder: folder,
  });
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
    nodes: [
      {
        node: "node-1",
        threads: 2,
        engine: "graph",
        device: "cpu",
        state: "ready",
        contributions: 512,
      },
    ],
  });
  history.publish({ type: "samples", step: 128, file: "000128.png", url: "/samples/000128.png" });
  history.publish(stepEvent(127));
  history.publish(stepEvent(128));
  history.publish(warningEvent("<img src=x onerror=alert(1)>"));

  const dom = await dump(`${dashboard.url}/?token=${encodeURIComponent("a secret & more")}`);

  expect(dom).toContain("<title>00007-dcgan-mnist - Ganglion</title>");
  expect(textOf(dom, "state")).toBe("training");
  expect(textOf(dom, "step")).toBe("128 / 500");
  expect(textOf(dom, "speed")).toBe("128 images/s");
  // 3725 = 1 × 3600 + 2 × 60 + 5
  expect(textOf(dom, "remaining")).toBe("1 h 2 min 5 s");
  expect(textOf(dom, "connection")).toMatch(/^connected, last event \d+ s ago$/);
  expect(dom).toContain("<tr><td>loss/discriminator</td><td>0.625</td></tr>");
  expect(dom).toContain("<tr><td>generator</td><td>0.75</td></tr>");
  expect(dom).toContain(
    "<tr><td>node-1</td><td>ready</td><td>2</td><td>graph</td><td>cpu</td><td>512</td></tr>",
  );
  expect(dom).toContain('src="http://127.0.0.1');
  expect(dom).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(dom).not.toContain("<img src=x");
  // The page, the socket and the picture were all allowed, with the token.
  expect(dashboard.status().refused).toEqual({});
});

/** The text of the element with this id, which holds nothing else. */
function textOf(dom: string, id: string): string | undefined {
  return new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(dom)?.[1];
}

/** The document after the page has run for some seconds of the browser's own time. */
async function dump(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), "ganglion-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--user-data-dir=${profile}`,
    "--virtual-time-budget=5000",
    "--dump-dom",
  ];
  try {
    const { stdout } = await promisify(execFile)(chromium ?? "", [...flags, url], { timeout: 100_000 });
    return stdout;
  } finally {
    await rm(profile, { recursive: true, maxRetries: 5 });
  }
}

function findChromium(): string | null {
  try {
    return execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
