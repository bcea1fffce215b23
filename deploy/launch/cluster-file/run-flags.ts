// The flags under `run` in a cluster file, checked by the coordinator's own parser before anything starts.
import { Command, InvalidArgumentError, type Option } from "commander";
import { addConfigFlags, addRunFlags } from "../../flags/options.ts";
import { COORDINATOR_TLS, addNatsFlags, addTlsFlags } from "../../flags/transport-options.ts";
import type { Cluster } from "./cluster.ts";
import { missing } from "./cluster-mistakes.ts";
import { longFlag } from "./flag-names.ts";

/** One sentence a mistake. */
export function mistakesInFlags(run: Cluster["run"]): string[] {
  const command = addTlsFlags(addNatsFlags(addRunFlags(addConfigFlags(new Command()))), COORDINATOR_TLS);
  const { options } = command.option("--run <name>", "over NATS");
  const known = options.filter(({ long }) => ELSEWHERE[long!] === undefined);
  return Object.entries(run).flatMap(([name, value]) => {
    const long = longFlag(name);
    const elsewhere = ELSEWHERE[long];
    if (elsewhere !== undefined) return [`run.${name}: ${elsewhere}`];
    const option = known.find((one) => one.long === long);
    if (option)
      return mistakeIn(option, value).map((remedy) => `run.${name} is ${JSON.stringify(value)}: ${remedy}`);
    return [
      `run: ${missing(
        "flag",
        [name],
        known.map((one) => one.long!.slice(2)),
      )}`,
    ];
  });
}

/** What is told at another place, or not at all. */
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

function mistakeIn(option: Option, value: string | number | boolean): string[] {
  if (option.isBoolean()) return typeof value === "boolean" ? [] : ["write true or false"];
  if (typeof value === "boolean") return [`write what ${option.flags} is to be`];
  try {
    option.parseArg?.(String(value), undefined);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return [error.message.charAt(0).toLowerCase() + error.message.slice(1).replace(/\.$/, "")];
  }
}
