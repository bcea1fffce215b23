// A number that may follow the images of a run, as a flag has it: `2`, `cosine:2:0.2`, `linear:0.1:0:0:200000`.
import { InvalidArgumentError } from "commander";
import type { Ramp, Scheduled } from "../../../shared/config/scheduled.ts";

/** How such a number is written, for help texts. */
export const RAMP = "a number, or over images cosine:FROM:TO:START:END";

/** Bounds are checked with the config. */
export function scheduled(text: string): Scheduled {
  return parsed(text, "a number", () => true);
}

/** Rates, which are never 0. */
export function scheduledAboveZero(text: string): Scheduled {
  return parsed(text, "a number greater than 0", (value) => value > 0);
}

function parsed(text: string, number: string, isAllowed: (value: number) => boolean): Scheduled {
  const remedy = `Write ${number}, or cosine:FROM:TO:START:END or linear:FROM:TO:START:END (START and END in images; to the run's end without END).`;
  const parts = text.trim().split(":");
  const kind = parts[0] === "cosine" || parts[0] === "linear" ? (parts.shift() as Ramp["kind"]) : null;
  const numbers = parts.map(Number);
  const isRead = parts.every((part) => part.trim() !== "") && numbers.every(Number.isFinite);
  if (!isRead || !numbers.slice(0, 2).every(isAllowed)) throw new InvalidArgumentError(remedy);
  if (kind === null && numbers.length === 1) return numbers[0];
  if (kind === null || numbers.length < 2 || numbers.length > 4) throw new InvalidArgumentError(remedy);
  const [from, to, startImages = 0, endImages] = numbers;
  return { kind, from, to, startImages, ...(endImages !== undefined && { endImages }) };
}

/** As a flag has it. */
export function writtenScheduled(of: Scheduled): string {
  if (typeof of === "number") return String(of);
  const { kind, from, to, startImages, endImages } = of;
  return [kind, from, to, startImages, ...(endImages === undefined ? [] : [endImages])].join(":");
}
