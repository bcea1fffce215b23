// What a token may be made of: what every road carries unchanged.
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
