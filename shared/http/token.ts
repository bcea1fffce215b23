// Tokens: the characters they may have (those that every transport carries unchanged), and how they are compared.
import { createHash, timingSafeEqual } from "node:crypto";
import { GanglionError } from "../errors.ts";

/** @throws GanglionError USAGE when a header of HTTP does not carry it, or not as it is; the token is not shown */
export function assertToken(token: string): void {
  if (/^[!-~]([ -~]*[!-~])?$/.test(token)) return; // a blank within is carried, one at an end is cut off
  const what = /[\r\n]/.test(token)
    ? "a line break in it"
    : /^\s|\s$/.test(token)
      ? "a blank at an end of it"
      : "a letter beyond ASCII in it";
  throw new GanglionError(
    "USAGE",
    `the token (--token or GANGLION_TOKEN) has ${what}: take letters, digits and signs alone, for example those that openssl rand -hex 24 prints`,
  );
}

/** Compares secrets; takes the same time wherever the two differ. */
export function isSameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
