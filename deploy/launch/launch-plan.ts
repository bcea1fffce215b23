// From a cluster file to the exact commands: pure, so that --dry-run prints what would be started.
import { fileURLToPath } from "node:url";
import { pinTo } from "../../worker/devices/nvidia.ts";
import { reachableHosts, withPort } from "../../shared/transport/tls/own-addresses.ts";
import { parseAddress } from "../flags/address.ts";
import { schemeOf } from "./broker-config.ts";
import type { Broker } from "./cluster-file/broker-fields.ts";
import type { Cluster } from "./cluster-file/cluster.ts";
import { quoted } from "./shell-word.ts";
import { longFlag } from "../flags/flag.ts";
import type { Host, Reach } from "./cluster-file/host.ts";

/** A process to start on this machine. All read the token on their standard input: no list of processes shows it. */
export interface PlannedProcess {
  /** `coordinator`, or the node's name. */
  readonly label: string;
  readonly argv: readonly string[];
  /** Added to this process's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where one node runs: a host, and one of its GPUs where it has any. */
export interface Placement {
  readonly host: Host;
  /** Counts from 0 on each host; with the host's name it is the node's. */
  readonly index: number;
  /** The GPU's number on the host. */
  readonly gpu: number | null;
}

const OWN_CLI = fileURLToPath(new URL("../cli.js", import.meta.url));

/** Every node that the file asks for. */
export function placementsOf({ hosts }: Cluster): Placement[] {
  return hosts.flatMap((host) =>
    Array.from({ length: gpusOf(host)?.length ?? host.nodes ?? 1 }, (_, index) => placementOn(host, index)),
  );
}

export function placementOn(host: Host, index: number): Placement {
  return { host, index, gpu: gpusOf(host)?.[index] ?? null };
}

/** Numbers of the host's GPUs; null where nodes compute on its CPU. */
export function gpusOf({ gpus }: Host): readonly number[] | null {
  if (gpus === undefined) return null;
  return typeof gpus === "number" ? Array.from({ length: gpus }, (_, gpu) => gpu) : gpus;
}

export function nodeName({ host, index }: Placement): string {
  return `${host.name}-${index}`;
}

export function coordinatorFlags({ run, coordinator, broker }: Cluster): string[] {
  const flags = Object.entries(run).flatMap(([name, value]) => {
    if (value === false) return [];
    const flag = longFlag(name);
    return value === true ? [flag] : [flag, String(value)];
  });
  const url = natsUrl(broker);
  return [...flags, ...(url === null ? ["--listen", coordinator.listen] : ["--nats", url])];
}

export function planCoordinator(cluster: Cluster): PlannedProcess {
  const argv = [
    process.execPath,
    OWN_CLI,
    "coordinator",
    ...coordinatorFlags(cluster),
    "--json",
    "--launched",
  ];
  return { label: "coordinator", argv, environment: {} };
}

/** The NATS server as hosts see it; null where there is none. */
export function natsUrl(broker: Broker): string | null {
  switch (broker.kind) {
    case "none":
      return null;
    case "nats":
      return broker.url;
    case "start":
      return broker.url ?? `${schemeOf(broker)}://${joinable(broker.listen)}`;
    default:
      return broker satisfies never;
  }
}

/** An address to listen on, as one that others can connect to: 0.0.0.0 is not. */
export function joinable(listening: string, certificate?: Buffer): string {
  const { host, port } = parseAddress("listen", listening);
  return withPort(reachableHosts(host, certificate)[0], port);
}

/** Where nodes join, as they see it, once the coordinator has said where it listens. */
export function joinAddress({ coordinator, broker }: Cluster, listening: string): string {
  const url = natsUrl(broker);
  if (url === null) return coordinator.join ?? listening;
  return `${url.replace(/\/+$/, "")}${listening.slice(listening.lastIndexOf("/"))}`; // and the run's name
}

/** How long the broker of a launcher that is gone stays, so that coordinator and nodes can end in order. */
const BROKER_LINGERS_S = 15;

/**
 * A NATS server ignores its standard input. So a shell reads the token, which the configuration takes from the
 * environment, and ends the server: at once when another line comes, or some time after the input has ended without one.
 * The server parses the variable like its file, where `-x` starts a number and `true` is no string: hence the quotes.
 * The server's files in `folder` are then removed; where it ended by itself they stay, for the next one.
 */
export function planBroker(program: string, folder: string): PlannedProcess {
  const script =
    "IFS= read -r GANGLION_TOKEN; export GANGLION_TOKEN; exec 3<&0; " +
    String.raw`GANGLION_TOKEN="\"$(printf %s "$GANGLION_TOKEN" | sed 's/["\\]/\\&/g')\""; ` +
    '"$0" -c "$1/nats.conf" & server=$!; ' +
    `{ IFS= read -r end <&3 || sleep ${BROKER_LINGERS_S}; : >"$1/over"; kill "$server"; } >/dev/null 2>&1 & watch=$!; ` +
    'wait "$server"; code=$?; kill "$watch" 2>/dev/null; [ ! -e "$1/over" ] || rm -rf "$1"; exit $code';
  return { label: "broker", argv: ["sh", "-c", script, program, folder], environment: {} };
}

/** `join` is the coordinator's address as the host sees it. */
export function planNode(placement: Placement, join: string): PlannedProcess {
  const { host, gpu } = placement;
  const flags = ["--join", join, "--node", nodeName(placement), "--threads", String(host.threads)];
  if (host.engine !== undefined) flags.push("--engine", host.engine);
  if (host.device !== undefined) flags.push("--device", host.device);
  if (host.data !== undefined) flags.push("--data", host.data);
  if (host.tlsCa !== undefined) flags.push("--tls-ca", host.tlsCa);
  const environment = { ...host.environment, ...(gpu !== null && pinTo({ index: gpu })) };
  return {
    label: nodeName(placement),
    ...carried(host, [...programOf(host), "worker", ...flags, "--launched"], environment),
  };
}

/** The command line as one would type it. */
export function shellLine({ argv, environment }: Pick<PlannedProcess, "argv" | "environment">): string {
  return [...assignments(environment), ...argv.map(quoted)].join(" ");
}

function programOf({ program, reach }: Host): readonly string[] {
  if (program !== undefined) return program.split(" ");
  return reach.kind === "ssh" ? ["ganglion"] : [process.execPath, OWN_CLI];
}

/** The command as it must be started here to run there. */
function carried(
  { reach }: { readonly reach: Reach },
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Pick<PlannedProcess, "argv" | "environment"> {
  switch (reach.kind) {
    case "local":
      return { argv, environment };
    case "ssh":
      return {
        argv: [
          "ssh",
          "-o",
          "BatchMode=yes",
          ...reach.options,
          reach.address,
          `exec env ${shellLine({ argv, environment })}`,
        ],
        environment: {},
      };
    case "command": {
      const line = `env ${shellLine({ argv, environment })}`;
      return { argv: ["sh", "-c", reach.command.replaceAll("{command}", () => line)], environment: {} };
    }
    default:
      return reach satisfies never;
  }
}

function assignments(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
}
