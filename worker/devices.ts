// What this machine computes with.
import { readFileSync } from "node:fs";
import { arch } from "node:os";

/** Instruction sets that change how a native library rounds, widest first. */
const KNOWN = ["avx512f", "avx2", "avx", "asimd"];

/** Of those instruction sets, the ones that this CPU has. */
export function cpuFeatures(): readonly string[] {
  const flags = cpuFlags();
  return KNOWN.filter((flag) => flags.has(flag));
}

/** E.g. `x64 avx512f`: runs on equal instruction sets (and engine versions) give equal bits. */
export function instructionSet(): string {
  const [widest] = cpuFeatures();
  return widest ? `${arch()} ${widest}` : arch();
}

function cpuFlags(): ReadonlySet<string> {
  if (process.platform !== "linux") return new Set();
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(info);
  return new Set(line?.[1]?.trim().split(/\s+/));
}
