// Whether a machine's GPU passes: everything that was reached agrees, and something was reached on each device.
import { agreementLine, speedLines } from "./lines.ts";
import type { GpuDevice, Report } from "./report.ts";
import type { Part } from "./settings.ts";

/** Why it does not pass; empty where it does. `devices`: those that must work here. */
export function reasonsAgainst(
  { agreement, speed, doctor }: Pick<Report, "agreement" | "speed" | "doctor">,
  devices: readonly GpuDevice[],
  parts: readonly Part[],
): readonly string[] {
  const reasons: string[] = [];
  if (parts.includes("doctor") && doctor === null) reasons.push("ganglion doctor gave no answer in its time");
  for (const device of devices) {
    const own = agreement.filter((result) => result.device === device);
    if (parts.includes("agreement") && !own.some(({ outcome }) => outcome.kind === "agrees"))
      reasons.push(`no model agrees with the CPU on ${device}`);
    for (const result of own)
      if (result.outcome.kind === "differs" || result.outcome.kind === "fails")
        reasons.push(agreementLine(result).replace(/ +/g, " "));
  }
  if (parts.includes("speed")) reasons.push(...speedReasons(speed, devices));
  return reasons;
}

function speedReasons(speed: Report["speed"], devices: readonly GpuDevice[]): readonly string[] {
  const reasons: string[] = [];
  if (!speed.some(({ outcome }) => outcome.kind === "measured"))
    reasons.push("no model's speed was measured");
  const needed = (system: string): boolean =>
    !system.startsWith("Ganglion") || devices.some((device) => system === `Ganglion, ${device}`);
  for (const result of speed) {
    const { model, outcome } = result;
    if (outcome.kind === "fails") reasons.push(speedLines(result)[0]);
    if (outcome.kind !== "measured") continue;
    for (const { system, outcome: own } of outcome.systems)
      if (own.kind === "fails" && needed(system)) reasons.push(`${model}: ${system} fails: ${own.cause}`);
  }
  return reasons;
}
