// What `ganglion doctor` says of this machine.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Report } from "./report.ts";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));
const said = z.record(z.string(), z.unknown());

/** Null where it said nothing by then; an engine that does not work is one of its findings. */
export async function askDoctor(stop: AbortSignal): Promise<Report["doctor"]> {
  const command = promisify(execFile)(process.execPath, [CLI, "doctor", "--json"], { signal: stop });
  const { stdout } = await command.catch((cause: unknown) => cause as { readonly stdout?: string });
  const last = stdout?.trim().split("\n").at(-1);
  return last ? said.parse(JSON.parse(last)) : null;
}
