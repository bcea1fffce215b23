// What this machine computes with.
import { readFileSync } from "node:fs";
import { arch } from "node:os";

/** Instruction sets that change how a native library rounds, widest first. */
const KNOWN = ["avx512f", "avx2", "avx", "asimd"];

/** E.g. `x64 avx512f`: runs on equal instruction sets (and engine versions) give equal bits. */
export function instructionSet(): string {
  const flags = cpuFlags();
  const widest = KNOWN.find((flag) => flags.has(flag));
  return widest ? `${arch()} ${widest}` : arch();
}

function cpuFlags(): ReadonlySet<string> {
  if (process.platform !== "linux") return new Set();
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(info);
  return new Set(line?.[1]?.trim().split(/\s+/));
}
