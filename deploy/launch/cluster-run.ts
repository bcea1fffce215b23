// One launched cluster from start to end: coordinator, nodes, control. Everything that it starts, it stops.
import { randomBytes } from "node:crypto";
import type { Outcome } from "../../coordinator/main.ts";
import { pause } from "../../shared/async/back-off.ts";
import { type ErrorCode, GanglionError } from "../../shared/errors.ts";
import { assertToken } from "../../shared/http/token.ts";
import type { Display } from "../terminal/display.ts";
import { count, displayPath, plural } from "../terminal/format.ts";
import { startBroker } from "./broker.ts";
import type { Cluster } from "./cluster-file/cluster.ts";
import { type Control, type ControlRequest, openControl } from "./control.ts";
import { type LaunchedRun, watchCoordinator } from "./coordinator-process.ts";
import { reachabilityMistake } from "./cluster-file/reachability.ts";
import { Fleet } from "./fleet.ts";
import type { Host } from "./cluster-file/host.ts";
import { addedHost } from "./cluster-file/host-defaults.ts";
import { joinAddress, placementsOf } from "./launch-plan.ts";
import type { Ending } from "./processes.ts";

/** How long the coordinator may take to finish its step and write a checkpoint. */
const GRACE_MS = 60_000;

/**
 * Runs the cluster until the run has ended or `stop` aborts; its end is reported when nothing of it is left.
 *
 * @throws GanglionError USAGE for a token that cannot be sent; CONFIG, WORKER or DIVERGED, in the coordinator's own words,
 *   when that fails; WORKER when every node is benched
 */
export async function runCluster(cluster: Cluster, display: Display, stop: AbortSignal): Promise<void> {
  const given = cluster.coordinator.token ?? process.env["GANGLION_TOKEN"];
  const token = given || randomBytes(24).toString("base64url");
  // A NATS server's password may contain spaces, but has to be a single line.
  if (cluster.broker.kind !== "nats" || /[\r\n]/.test(token)) assertToken(token);
  display.done(await underBroker(cluster, token, display, () => run(cluster, token, display, stop)));
}

/** Starts the broker before, where the file asks for one, and stops it after. */
async function underBroker<T>(
  { broker: wanted }: Cluster,
  token: string,
  display: Display,
  body: () => Promise<T>,
): Promise<T> {
  if (wanted.kind !== "start") return body();
  const broker = await startBroker(wanted, token, display);
  process.on("exit", broker.kill);
  try {
    return await body();
  } finally {
    await broker.stop();
    process.off("exit", broker.kill);
  }
}

async function run(cluster: Cluster, token: string, display: Display, stop: AbortSignal): Promise<Outcome> {
  const coordinator = watchCoordinator(cluster, token, display);
  let fleet: Fleet | null = null;
  let control: Control | null = null;
  let launched: LaunchedRun | null = null;
  let benched: string | null = null;
  const kill = (): void => {
    fleet?.kill();
    coordinator.process.kill();
  };
  process.on("exit", kill); // a second Ctrl-C, or a defect: nothing may outlive the launcher
  const asked = (): void => void coordinator.process.stop(GRACE_MS);
  stop.addEventListener("abort", asked, { once: true });
  if (stop.aborted) asked();
  const untilItEnds = <T>(event: Promise<T>): Promise<T | null> =>
    Promise.race([event, coordinator.process.ended.then(() => null)]);
  const spent = async (why: string): Promise<void> => {
    await coordinator.withoutNodes(); // nodes that others have joined go on
    if (fleet === null || fleet.names.length > 0) return; // scaled up meanwhile
    benched = why;
    asked();
  };
  try {
    const listening = await untilItEnds(coordinator.listening);
    if (listening !== null) {
      fleet = openFleet(cluster, joinAddress(cluster, listening), token, display, (why) => void spent(why));
      launched = await untilItEnds(coordinator.run);
      if (launched !== null) {
        introduce(launched, cluster, display);
        control = await openControl(launched.folder, (request) => obey(fleet!, cluster, request));
      }
    }
    const ending = await coordinator.process.ended;
    if (benched !== null) throw nobodyLeft(benched, await coordinator.run);
    const outcome = coordinator.outcome();
    if (ending.kind === "done" && outcome !== null) return outcome;
    if (ending.kind === "done") throw new GanglionError("WORKER", "the coordinator ended without a result");
    const code = codeOf(ending.why);
    const words = coordinator.failure();
    if (words !== null || launched === null)
      throw new GanglionError(code, words ?? `the coordinator ${ending.how}`);
    throw new GanglionError(
      code,
      `the coordinator ${ending.how}: to go on, ${resumeInFile(launched.folder)}`,
    );
  } finally {
    await control?.close();
    await fleet?.stop();
    stop.removeEventListener("abort", asked);
    process.off("exit", kill);
  }
}

/** What the coordinator refuses comes from the cluster file, hence CONFIG. */
function codeOf(why: Extract<Ending, { kind: "failed" }>["why"]): ErrorCode {
  switch (why) {
    case "mistake":
      return "CONFIG";
    case "diverged":
      return "DIVERGED";
    case "no program":
    case "crash":
      return "WORKER";
    default:
      return why satisfies never;
  }
}

/** Starts every node that the file asks for. */
function openFleet(
  cluster: Cluster,
  join: string,
  token: string,
  display: Display,
  spent: (why: string) => void,
): Fleet {
  const fleet = new Fleet({
    hosts: cluster.hosts,
    join,
    token,
    log: display.relay,
    warn: (message) => display.warn("WORKER", message),
    spent,
    pause,
  });
  for (const placement of placementsOf(cluster)) fleet.start(placement);
  return fleet;
}

/** Says what is trained, where, and how to change the number of nodes. */
function introduce(
  { run: name, preset, steps, batch, folder }: LaunchedRun,
  cluster: Cluster,
  { say }: Display,
): void {
  say(`run ${name}: preset ${preset}, ${count(steps)} steps of ${count(batch)} images`);
  say(`${plural(placementsOf(cluster).length, "node")} on ${plural(cluster.hosts.length, "host")}`);
  say(`for another number of nodes: ganglion scale ${displayPath(folder)} N`);
}

/** How to resume a launched run. */
export function resumeInFile(folder: string): string {
  return `add resume: ${displayPath(folder)} to the file's run`;
}

function nobodyLeft(why: string, { folder }: LaunchedRun): GanglionError {
  return new GanglionError(
    "WORKER",
    `no node is left. ${why}. The run waits in ${folder}: to go on, ${resumeInFile(folder)}`,
  );
}

/** Nodes join and leave at their next lease; nothing else changes. */
function obey(fleet: Fleet, cluster: Cluster, request: ControlRequest): readonly string[] {
  switch (request.type) {
    case "nodes":
      break;
    case "scale":
      fleet.scaleTo(request.nodes);
      break;
    case "add":
      fleet.add(
        cluster.hosts.find(({ name }) => name === request.host) ??
          joiningHost(request.host, request.nodes, cluster),
        request.nodes,
      );
      break;
    default:
      request satisfies never;
  }
  return fleet.names;
}

/**
 * A host that the file does not name.
 *
 * @throws GanglionError CONFIG where it could not join
 */
function joiningHost(address: string, gpus: number, cluster: Cluster): Host {
  const host = addedHost(address, gpus, cluster);
  const mistake = reachabilityMistake(host, cluster);
  if (mistake === null) return host;
  throw new GanglionError("CONFIG", `${mistake.path.join(".")} of the cluster file: ${mistake.sentence}`);
}
