// The page, in a real browser: what is published is what it shows.
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { measured, NODE, pointAt, ShownPage, TOKEN, until } from "../../../../support/page-fixture.ts";
import { runEvent, stepEvent, warningEvent } from "../support.ts";

const shown = new ShownPage();

test.skipIf(shown.chromium === null)("the page shows what is published, as text", async () => {
  const picture = { width: 96, height: 64, channels: 3, background: "teal" } as const;
  await sharp({ create: picture })
    .png()
    .toFile(join(shown.folder, "samples", "000128.png"));
  shown.history.publish(runEvent());
  shown.history.publish({
    type: "workers",
    nodes: [NODE],
  });
  shown.history.publish({ type: "samples", step: 128, file: "000128.png", url: "/samples/000128.png" });
  shown.history.publish(stepEvent(127));
  shown.history.publish(stepEvent(128));
  shown.history.publish(warningEvent("<img src=x onerror=alert(1)>"));

  await shown.visit(`${shown.dashboard.url}/?token=${encodeURIComponent(TOKEN)}`, async (page) => {
    expect(page.url()).toBe(`${shown.dashboard.url}/`); // no token in the address any more
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
    await until(() => page.getByAltText("samples of the generator at step 128").evaluate(widthOf)).toBe(96);
    expect(await page.locator("img[src='x']").count()).toBe(0);
  });
  // The page, the socket and the picture were all allowed, with the token.
  expect(shown.dashboard.status().refused).toEqual({});
});

test.skipIf(shown.chromium === null)(
  "a run that stalls shows no speed, and what it waits for, until it gets on",
  async () => {
    shown.history.publish(runEvent());
    shown.history.publish(stepEvent(128));
    shown.history.publish({ ...runEvent("stalled"), reason: "it waits for shard 3" } as ReturnType<
      typeof runEvent
    >);
    await shown.open(async (page) => {
      await page.getByText("No step is made although nodes are ready: it waits for shard 3").waitFor();
      const text = (id: string): Promise<string | null> => page.textContent(`#${id}`);
      expect([await text("speed"), await text("remaining"), await text("step")]).toEqual([
        "stalled",
        "unknown",
        "128 / 500",
      ]);
      shown.history.publish(runEvent());
      shown.history.publish(stepEvent(129));
      await until(() => text("speed")).toBe("128 images/s");
      expect(await text("state")).toBe("training");
      const floor = { images: 9, metrics: { fid: 0.4 } };
      const terms = { extractor: "seed-cnn", resizer: "none", images: 1000, seed: 1, floor };
      shown.history.publish({ type: "evaluation", step: 129, metrics: { fid: 35.8 }, ...terms });
      const told = "step 129: fid 35.8 (seed-cnn, 1,000 images, floor fid 0.4)";
      await until(() => text("evaluation")).toBe(told);
    });
  },
);

test.skipIf(shown.chromium === null)(
  "a browser without the token is asked for it until it is right",
  async () => {
    shown.history.publish(runEvent());
    await shown.visit(
      shown.dashboard.url,
      async (page) => {
        await page.getByText("needs the token that its coordinator was started with").waitFor();
        await page.getByLabel("Token").fill("a guess");
        await page.getByRole("button", { name: "Open" }).click();
        await page.getByText("This is not the token of this dashboard.").waitFor();
        await page.getByLabel("Token").fill(TOKEN);
        await page.keyboard.press("Enter");
        await page.getByText("connected, last event").waitFor();
        expect(page.url()).toBe(`${shown.dashboard.url}/`);
        await page.reload(); // the browser keeps it
        await page.getByText("connected, last event").waitFor();
      },
      { areMissing: true },
    );
    expect(shown.dashboard.status().refused).toEqual({ token: 2 });
  },
);

test.skipIf(shown.chromium === null)(
  "charts show each value under the cursor, and a number that is none as one",
  async () => {
    shown.history.publish(runEvent());
    for (let step = 1; step <= 20; step++) shown.history.publish(measured(step, { ratio: Number.NaN }));
    await shown.open(async (page) => {
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
      shown.history.publish(measured(11)); // a coordinator that was killed goes on from its checkpoint
      await until(() => named.getAttribute("aria-label")).toContain("discriminator 0.55");
    });
  },
);

test.skipIf(shown.chromium === null)(
  "every grid can be gone to: by slider, keys, number, thumbnail, chart, and by playing",
  async () => {
    shown.history.publish(runEvent());
    for (let step = 1; step <= 40; step++) {
      shown.history.publish(measured(step));
      if (step % 10 === 0) await shown.publishGrid(step);
    }
    await shown.open(async (page) => {
      const title = page.locator("#pictures-title small");
      await until(() => title.textContent()).toBe("step 40");
      const then = async (act: () => Promise<unknown>, step: number): Promise<void> => {
        await act();
        await until(() => title.textContent()).toBe(`step ${step}`);
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
      await until(() => title.textContent()).toBe("step 20");
      await page.getByLabel("grids a second").selectOption("16");
      await page.getByRole("button", { name: "play" }).click();
      await until(() => title.textContent()).toBe("step 40");
      await page.getByRole("button", { name: "play" }).waitFor(); // it stops on the newest, and follows it
      await shown.publishGrid(50);
      await until(() => title.textContent()).toBe("step 50");
    });
  },
);

test.skipIf(shown.chromium === null)(
  "a phone shows 32 nodes of long names without a page that is too wide",
  async () => {
    shown.history.publish(runEvent());
    const nodes = Array.from({ length: 32 }, (_, i) => ({
      ...NODE,
      node: `gpu-${i}.cluster-europe.${"long".repeat(12)}`,
    }));
    shown.history.publish({ type: "workers", nodes, refused: { stale: 3, late: 0 } });
    shown.history.publish(warningEvent("x".repeat(300)));
    for (const step of [1, 2, 3]) shown.history.publish(stepEvent(step));
    await shown.open(async (page) => {
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

test.skipIf(shown.chromium === null)(
  "a warning stays to be seen, however many steps follow, and tells how often it came",
  async () => {
    shown.history.publish(runEvent());
    for (let i = 0; i < 3; i++) shown.history.publish(warningEvent("no worker is ready"));
    for (let step = 1; step <= 100; step++) shown.history.publish(stepEvent(step));
    await shown.open(async (page) => {
      await until(() => page.textContent("#step")).toBe("100 / 500");
      expect(await page.locator("#warnings li", { hasText: "no worker is ready" }).allInnerTexts()).toEqual([
        expect.stringMatching(
          /^no worker is ready\s+TEST\s+before the first step\s+3 times\s+\d\d:\d\d:\d\d$/,
        ),
      ]);
    });
  },
);

test.skipIf(shown.chromium === null)(
  "a page without its coordinator says so, and whether the run had ended",
  async () => {
    shown.history.publish(runEvent());
    await shown.open(
      async (page) => {
        await page.getByText("connected, last event").waitFor();
        await shown.dashboard.close();
        await page.getByText("trying again; what follows is how it was then").waitFor();
      },
      { areMissing: true },
    );
    await shown.restart();
    const failed = runEvent("failed");
    shown.history.publish(failed.type === "run" ? { ...failed, reason: "the disk is full" } : failed);
    await shown.open(
      async (page) => {
        await page.getByText("It failed before its first step: the disk is full").first().waitFor();
        await shown.dashboard.close();
        await page.getByText("the run has ended, and its coordinator with it").waitFor();
        expect(await page.textContent("#remaining")).toBe("none");
      },
      { areMissing: true },
    );
  },
);
