// The dashboard's page of a real run: its pictures appear, and its charts show what stats.jsonl has.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { findChromium } from "../support/find-chromium.ts";
import { freePort } from "../support/free-port.ts";
import { launch, until } from "../support/page-fixture.ts";

const chromium = findChromium("The page of a real run was");

test.skipIf(chromium === null)(
  "the page shows the pictures of a run, and the numbers of its stats",
  async () => {
    const out = await temporaryFolder();
    const port = await freePort();
    const size = [
      "--preset",
      "digits",
      "--filters",
      "4",
      "--batch",
      "8",
      "--shard",
      "8",
      "--steps",
      "100000",
    ];
    const nodes = ["--workers", "1", "--threads", "1", "--sample-every", "10", "--seed", "7"];
    const run = startCli(["train", ...size, ...nodes, "--json", "--out", out, "--dashboard", String(port)]);
    await run.event(({ event, step }) => event === "samples" && Number(step) >= 20);

    const browser = await launch(chromium ?? "");
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}`);
    await page.locator("#pictures-title small").waitFor();
    await page.keyboard.press("Home");
    const first = page.getByAltText("samples of the generator at step 10", { exact: true });
    const widthOf = (image: unknown): number => (image as { naturalWidth: number }).naturalWidth;
    await expect.poll(() => first.evaluate(widthOf), { timeout: 20_000 }).toBeGreaterThan(100);
    await page.getByRole("button", { name: "side by side" }).click();
    await until(() => page.locator(".beside img").count()).toBe(2);

    run.process.kill("SIGINT");
    const { code, events } = await run.finished;
    expect(code).toBe(0);
    await page.getByText("the run has ended, and its coordinator with it").waitFor();

    const { run: folder } = events.at(-1) as unknown as { readonly run: string };
    const lines = (await readFile(join(folder, "stats.jsonl"), "utf8")).trim().split("\n");
    const stats = new Map(
      lines.map((line) => JSON.parse(line) as Record<string, number>).map((line) => [line["step"], line]),
    );
    const losses = page.locator("[data-chart=loss]");
    const plot = losses.locator(".u-over");
    await plot.scrollIntoViewIfNeeded();
    const { x, y, width } = (await plot.boundingBox())!;
    for (const part of [0.1, 0.35, 0.6, 0.85]) {
      await page.mouse.move(x + part * width, y + 50);
      await expect.poll(() => losses.locator(".at").textContent()).toMatch(/^step \d/);
      const step = Number((await losses.locator(".at").textContent())!.replace(/\D/g, ""));
      const shown = [...(await losses.locator(".legend").innerText()).matchAll(/\d[\d.e-]*/g)].map(Number);
      const told = ["loss/discriminator", "loss/generator"].map((name) => stats.get(step)![name]);
      expect(shown).toEqual(told.map((value) => Number(value.toPrecision(4))));
    }
  },
);
