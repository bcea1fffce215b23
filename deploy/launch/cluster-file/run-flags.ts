// The flags under `run` in a cluster file, checked by the coordinator's own parsers before anything starts.
import { InvalidArgumentError } from "commander";
import { CONFIG_FLAGS } from "../../flags/config-flags.ts";
import { type Flag, longFlag, writtenFlag } from "../../flags/flag.ts";
import { COORDINATOR_FLAGS, RUN_FLAGS } from "../../flags/options.ts";
import { NATS_FLAGS, TLS_FLAGS } from "../../flags/transport-options.ts";
import { missing } from "./cluster-mistakes.ts";

/** Flags by their names, in either spelling: `learningRate` or `learning-rate`. */
export type RunFlags = Readonly<Record<string, string | number | boolean>>;

/** What is written for `flag` (`--tls-ca`); undefined where it is not. */
export function valueOfFlag(run: RunFlags, flag: string): string | undefined {
  return Object.entries(run)
    .find(([name]) => longFlag(name) === flag)?.[1]
    .toString();
}

/** One sentence a mistake. */
export function mistakesInFlags(run: RunFlags): string[] {
  const flags: Record<string, Flag> = {
    ...CONFIG_FLAGS,
    ...RUN_FLAGS,
    ...NATS_FLAGS,
    ...TLS_FLAGS,
    ...COORDINATOR_FLAGS,
  };
  const known = Object.keys(flags).filter((name) => ELSEWHERE[longFlag(name)] === undefined);
  return Object.entries(run).flatMap(([written, value]) => {
    const long = longFlag(written);
    const elsewhere = ELSEWHERE[long];
    if (elsewhere !== undefined) return [`run.${written}: ${elsewhere}`];
    const name = known.find((one) => longFlag(one) === long);
    if (name !== undefined)
      return mistakeIn(name, flags[name], value).map(
        (remedy) => `run.${written} is ${JSON.stringify(value)}: ${remedy}`,
      );
    const names = known.map((one) => longFlag(one).slice(2));
    return [`run: ${missing("flag", [written], names)}`];
  });
}

/** What is written in another place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--listen": "write it as coordinator: { listen: … }",
  "--join": "write it as coordinator: { join: … }",
  "--token": "write it as coordinator: { token: … }",
  "--nats": "write it as broker: { kind: nats, url: … }",
  "--workers": "write nodes at each host",
  "--threads": "write threads at each host",
  "--engine": "write engine at each host",
  "--device": "write device at each host",
  "--json": "write it behind the command: ganglion launch FILE --json",
  "--quiet": "write it behind the command: ganglion launch FILE --quiet",
};

function mistakeIn(name: string, flag: Flag, value: string | number | boolean): string[] {
  if (flag.argument === undefined) return typeof value === "boolean" ? [] : ["write true or false"];
  if (typeof value === "boolean") return [`write what ${writtenFlag(name, flag)} is to be`];
  try {
    flag.parse?.(String(value));
    return [];
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return [error.message.charAt(0).toLowerCase() + error.message.slice(1).replace(/\.$/, "")];
  }
}
