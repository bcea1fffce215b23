// The charts and the log of the page, as they are worked with.
import { expect, test } from "vitest";
import { measured, NODE, pointAt, ShownPage, until } from "../support/page-fixture.ts";
import { runEvent, warningEvent } from "../unit/coordinator/dashboard/support.ts";

const shown = new ShownPage();

test.skipIf(shown.chromium === null)(
  "a drag over one chart zooms all, and a double click shows all steps again",
  async () => {
    shown.history.publish(runEvent());
    for (let step = 1; step <= 101; step++) shown.history.publish(measured(step));
    await shown.open(async (page) => {
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

test.skipIf(shown.chromium === null)("a line can be hidden, and an axis be logarithmic", async () => {
  shown.history.publish(runEvent());
  for (let step = 1; step <= 5; step++) shown.history.publish(measured(step));
  await shown.open(async (page) => {
    const line = page.locator("[data-chart=loss]").getByRole("button", { name: /^discriminator/ });
    await line.click();
    await until(() => line.getAttribute("aria-pressed")).toBe("false");
    const log = page.locator("[data-chart=loss]").getByRole("button", { name: "log" });
    await log.click();
    await until(() => log.getAttribute("aria-pressed")).toBe("true");
    await line.click();
    await until(() => line.getAttribute("aria-pressed")).toBe("true");
  });
});

test.skipIf(shown.chromium === null)(
  "what happened can be filtered by kind and by word, in the viewer's time",
  async () => {
    shown.history.publish(runEvent());
    shown.history.publish({ type: "workers", nodes: [NODE] });
    const { time } = shown.history.publish(warningEvent("no worker is ready"));
    await shown.open(async (page) => {
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
