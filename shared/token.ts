// What a token may be made of: what every road carries unchanged.
import { GanglionError } from "./errors.ts";

/** @throws GanglionError USAGE when a header of HTTP does not carry it, or not as it is; the token is not shown */
export function assertToken(token: string): void {
  if (/^[\u0021-\u007E]+$/.test(token)) return;
  const what = /[\r\n]/.test(token) ? "a line break" : /\s/.test(token) ? "a blank" : "a letter beyond ASCII";
  throw new GanglionError(
    "USAGE",
    `the token (--token or GANGLION_TOKEN) has ${what} in it: take letters, digits and signs alone, for example those that openssl rand -hex 24 prints`,
  );
}
