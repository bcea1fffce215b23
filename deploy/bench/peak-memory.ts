// The most memory that this process has had.
import { readFileSync } from "node:fs";

/**
 * Bytes resident at most since the program began. Linux's own count is read: what `getrusage` says of a process includes
 * the memory of the one that started it.
 */
export function peakMemory(): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(statusText()) ?? [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

function statusText(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return ""; // no Linux
  }
}
