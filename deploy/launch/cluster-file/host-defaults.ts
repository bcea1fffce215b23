// What a host does not say itself: filled in from the file's defaults, for its hosts and for those that are added later.
import { isDeepStrictEqual } from "node:util";
import { GanglionError } from "../../../shared/errors.ts";
import type { Broker } from "./broker-fields.ts";
import { type RunFlags, valueOfFlag } from "./run-flags.ts";
import {
  type Host,
  type HostDefaults,
  type Reach,
  type WrittenHost,
  hostDefaults,
  mistakeOfDevice,
} from "./host.ts";
import { quoted } from "../shell-word.ts";

/** The other parts of the file that a host takes values from. */
interface Surroundings {
  readonly run: RunFlags;
  readonly broker: Broker;
  readonly defaults: HostDefaults;
}

/** A host of the file. One that does not say how it is reached is this machine, unless the defaults say otherwise. */
export function completeHost(written: WrittenHost, { run, broker, defaults }: Surroundings): Host {
  const { reach: way, threads, environment, ...common } = defaults;
  const reach = written.reach
    ? ownReach(written.reach, way)
    : way
      ? reachOf(way, written.name)
      : ({ kind: "local" } as const);
  const host = {
    ...common,
    ...written,
    reach,
    threads: written.threads ?? threads,
    environment: { ...environment, ...written.environment },
  };
  // The coordinator trusts the broker by a file of this machine: nodes on this machine can use the same one.
  const trusted = reach.kind === "local" && broker.kind !== "none" ? valueOfFlag(run, "--tls-ca") : undefined;
  return host.tlsCa === undefined && trusted !== undefined ? { ...host, tlsCa: trusted } : host;
}

/**
 * A host that the file does not name, with as many GPUs as nodes are wanted there. Reached by ssh at the address, unless
 * the defaults know another way.
 *
 * @throws GanglionError CONFIG where the defaults have a device that does not go with so many GPUs
 */
export function addedHost(address: string, gpus: number, { defaults }: Pick<Surroundings, "defaults">): Host {
  const { reach = { kind: "ssh", address: "{host}", options: [] }, ...common } = defaults;
  const name = address.replace(/[^A-Za-z0-9._-]/g, "-");
  const host = { ...common, name, reach: reachOf(reach, address), gpus };
  const mistake = mistakeOfDevice(host);
  if (mistake !== null) throw new GanglionError("CONFIG", mistake);
  return host;
}

/** Whether the file says anything of hosts that it does not name. */
export function hasDefaults({ defaults }: Pick<Surroundings, "defaults">): boolean {
  return !isDeepStrictEqual(defaults, hostDefaults.parse({}));
}

/** The defaults' way to one host. A name of the file needs no quotes for a shell; an address may. */
function reachOf(way: NonNullable<HostDefaults["reach"]>, host: string): Reach {
  switch (way.kind) {
    case "ssh":
      return { ...way, address: way.address.replaceAll("{host}", () => host) };
    case "command":
      return { ...way, command: way.command.replaceAll("{host}", () => quoted(host)) };
    default:
      return way satisfies never;
  }
}

function ownReach(written: NonNullable<WrittenHost["reach"]>, way: HostDefaults["reach"]): Reach {
  if (written.kind !== "ssh") return written;
  return { ...written, options: written.options ?? (way?.kind === "ssh" ? way.options : []) };
}
