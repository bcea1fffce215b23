// The pictures of the page: two compared, saved, and thousands of them.
import sharp from "sharp";
import { expect, test } from "vitest";
import { ShownPage, until } from "../support/page-fixture.ts";
import { runEvent } from "../unit/coordinator/dashboard/support.ts";

const shown = new ShownPage();

test.skipIf(shown.chromium === null)(
  "two steps are compared side by side, under a divider, and at full size",
  async () => {
    shown.history.publish(runEvent());
    for (const step of [10, 20, 30]) await shown.publishGrid(step, ["cat", "dog"]);
    await shown.open(async (page) => {
      await page.getByText("dog").waitFor();
      await page.getByRole("button", { name: "side by side" }).click();
      await until(() => page.locator(".beside figcaption").allTextContents()).toEqual(["step 10", "step 30"]);
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
      await until(() => page.locator(".divided img.right").evaluate(clip)).toBe("inset(0px 0px 0px 25%)");
      await page.getByRole("button", { name: "full size" }).click();
      const full = page.getByRole("dialog");
      await until(() => full.locator("figcaption").allTextContents()).toEqual(["step 20", "step 30"]);
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

test.skipIf(shown.chromium === null)(
  "of 2,000 grids only those thumbnails are loaded that are seen",
  async () => {
    shown.history.publish(runEvent());
    for (let step = 1; step <= 2000; step++)
      shown.history.publish({ type: "samples", step, file: `${step}.png`, url: `/samples/${step}.png` });
    await shown.open(
      async (page) => {
        await until(() => page.locator("#pictures-title small").textContent()).toBe("step 2,000");
        expect(await page.locator(".film button").count()).toBeLessThan(40);
        await page.keyboard.press("Home");
        await page.getByRole("button", { name: "show step 1", exact: true }).waitFor();
        expect(await page.locator(".film button").count()).toBeLessThan(40);
      },
      { areMissing: true },
    );
  },
);
