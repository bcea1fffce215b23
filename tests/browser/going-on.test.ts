// A page whose coordinator goes away and comes back, the same or another.
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { RunEvent } from "../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { runPaths } from "../../coordinator/records/run-paths.ts";
import { measured, pointAt, ShownPage, until } from "../support/page-fixture.ts";
import { runEvent, stepEvent, warningEvent } from "../unit/coordinator/dashboard/support.ts";

const shown = new ShownPage();

test.skipIf(shown.chromium === null)(
  "a page that lost its coordinator goes on where it was, without a gap or an event twice",
  async () => {
    shown.history.publish(runEvent());
    for (let step = 1; step <= 3; step++) shown.history.publish(measured(step));
    await shown.open(
      async (page) => {
        const chart = page.locator("[data-chart=loss]").getByRole("img");
        await until(() => chart.getAttribute("aria-label")).toContain("discriminator 0.15");
        await shown.dashboard.close();
        await page.getByText("trying again").waitFor();
        shown.history.publish(warningEvent("while it was away"));
        shown.history.publish(measured(4));
        await shown.restart();
        await until(() => page.textContent("#step")).toBe("4 / 500");
        expect(await page.locator("#warnings li").allInnerTexts()).toEqual([expect.stringContaining("once")]);
        // Another coordinator counts anew: it has as many events, but not the same.
        await shown.dashboard.close();
        await page.getByText("trying again").waitFor();
        const other = new EventHistory();
        other.publish(runEvent());
        for (let step = 3; step <= 12; step++) other.publish(measured(step));
        await shown.restart(other);
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

test.skipIf(shown.chromium === null)(
  "a page that comes late shows every step, grid and warning since the first, also what the socket no longer keeps",
  async () => {
    await shown.dashboard.close();
    const history = new EventHistory({ capacity: 50 });
    const lines = Array.from({ length: 2000 }, (_, i) => ({
      step: i + 1,
      "loss/discriminator": i === 776 ? 99 : (i + 1) / 1000,
    }));
    await writeFile(
      runPaths(shown.folder).statsFile,
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    await shown.restart(history);
    history.publish(runEvent());
    await shown.publishGrid(1000);
    history.publish(warningEvent("it was early"));
    for (let step = 1; step <= 2000; step++)
      history.publish({ ...stepEvent(step), metrics: { "loss/discriminator": step / 1000 } } as RunEvent);
    await shown.publishGrid(2000);
    await shown.open(async (page) => {
      const losses = page.locator("[data-chart=loss]");
      await until(() => page.getByRole("button", { name: "show step 1,000" }).count()).toBe(1);
      const thumb = page.getByRole("button", { name: "show step 2,000" }).locator("img");
      await until(() => thumb.getAttribute("src")).toBe("/samples/thumbs/002000.webp");
      await page.getByText("it was early").first().waitFor();
      await pointAt(page, losses, 0);
      await until(() => losses.locator(".at").textContent()).toMatch(/^step \d\d?$/);
      // One value of 2,000, which 400 points must show: zoomed in, it is there by itself.
      await pointAt(page, losses, 0.38);
      await page.mouse.down();
      await pointAt(page, losses, 0.4);
      await page.mouse.up();
      await until(async () => {
        await page.mouse.move(0, 0);
        await pointAt(page, losses, await partOf(page, 777));
        return losses.locator(".legend li").allTextContents();
      }).toEqual(["discriminator 99"]);
    });
  },
);

/** Where a step is in the range that is zoomed to. */
async function partOf(page: Page, step: number): Promise<number> {
  const zoomed = (await page.getByRole("button", { name: /^steps .* to / }).textContent()) ?? "";
  const [from, to] = [...zoomed.replaceAll(",", "").matchAll(/\d+/g)].map(Number);
  return (step - from) / (to - from);
}
