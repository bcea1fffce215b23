// Pictures of the dashboard's page, of a real run of the default preset:
//
//   npx jiti tests/bench/page/screenshots.ts --help
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { chromium } from "playwright-core";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import { findChromium } from "../../support/find-chromium.ts";
import { freePort } from "../../support/free-port.ts";

interface Flags {
  readonly out: string;
  readonly steps: number;
}

/** What is shown how: the name of the file, the window, the viewer's preference. */
const SHOTS = [
  { name: "dashboard-light", width: 1440, height: 900, colorScheme: "light" },
  { name: "dashboard-dark", width: 1440, height: 900, colorScheme: "dark" },
  { name: "dashboard-tablet", width: 1024, height: 900, colorScheme: "light" },
  { name: "dashboard-phone", width: 390, height: 844, colorScheme: "dark" },
] as const;

const wanted = new Command("npx jiti tests/bench/page/screenshots.ts")
  .description("trains the default preset, and takes pictures of its dashboard")
  .option("--out <folder>", "where the pictures go", "docs/pictures")
  .option("--steps <n>", "steps to wait for", wholeNumber(1), 1000)
  .addHelpText("after", "\nNeeds a build (npm run build) and Chromium.\n")
  .parse()
  .opts<Flags>();

const executablePath = findChromium("The page was");
if (executablePath === null) throw new Error("no pictures without Chromium: install it");
const runs = await mkdtemp(join(tmpdir(), "ganglion-screenshots-"));
const port = await freePort();
const run = train(port, runs);
try {
  await reached(run, wanted.steps);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  for (const { name, width, height, colorScheme } of SHOTS) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(`http://127.0.0.1:${port}`);
    await page.locator("[data-chart=loss] canvas").waitFor();
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(wanted.out, `${name}.png`) });
    process.stdout.write(`${join(wanted.out, `${name}.png`)}\n`);
    await page.close();
  }
  await browser.close();
} finally {
  run.kill("SIGKILL");
  await rm(runs, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function train(dashboard: number, out: string): ChildProcess {
  const cli = fileURLToPath(new URL("../../../dist/deploy/cli.js", import.meta.url));
  const flags = ["--preset", "digits", "--sample-every", "50", "--json", "--out", out];
  return spawn(process.execPath, [cli, "train", ...flags, "--dashboard", String(dashboard)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function reached({ stdout }: ChildProcess, steps: number): Promise<void> {
  if (!stdout) throw new Error("the run has no output to read");
  for await (const line of createInterface({ input: stdout })) {
    const { event, step } = JSON.parse(line) as { readonly event: string; readonly step?: number };
    if (event === "step" && step !== undefined && step >= steps) {
      stdout.resume(); // nobody reads on
      return;
    }
  }
  throw new Error(`the run ended before step ${steps}: give a smaller --steps`);
}
