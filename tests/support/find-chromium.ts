// The browser that pages are tested in.
import { execFileSync } from "node:child_process";

/** Its path; null, with a warning that names the remedy, where it is not installed. */
export function findChromium(untested: string): string | null {
  try {
    return execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  } catch {
    console.warn(`${untested} NOT tested: no chromium on PATH. Remedy: apt-get install chromium`);
    return null;
  }
}
