// `ganglion launch`: a whole cluster from one file, with one progress line and one Ctrl-C.
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { brokerConfig } from "../launch/broker-config.ts";
import { type Cluster, mistakesOf, readCluster } from "../launch/cluster-file/cluster.ts";
import { resumeInFile, runCluster } from "../launch/cluster-run.ts";
import { reachabilityMistake } from "../launch/cluster-file/reachability.ts";
import { addedHost, hasDefaults } from "../launch/cluster-file/host-defaults.ts";
import {
  joinAddress,
  joinable,
  placementOn,
  placementsOf,
  planBroker,
  planCoordinator,
  planNode,
  shellLine,
} from "../launch/launch-plan.ts";
import { mistakesInFlags, valueOfFlag } from "../launch/cluster-file/run-flags.ts";
import { sayText } from "../terminal/output.ts";
import { readTls } from "../flags/transport-options.ts";

export interface LaunchFlags {
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function launch(file: string, flags: LaunchFlags): Promise<void> {
  const cluster = await readCluster(file);
  const mistakes = mistakesInFlags(cluster.run);
  if (mistakes.length > 0) throw mistakesOf(file, mistakes);
  if (flags.dryRun) {
    for (const line of await commandsOf(cluster)) sayText(line);
    return;
  }
  const display = createDisplay(chooseDisplay(flags), { nodes: true, goesOn: resumeInFile });
  const interrupts = catchInterrupts(
    display.say,
    "stopping the run after this step, then every node (Ctrl-C again ends all)",
  );
  try {
    await runCluster(cluster, display, interrupts.stop);
  } finally {
    display.close();
    interrupts.release();
  }
}

/** Each command as it would be started, a broker's configuration before it; all read the token from standard input. */
async function commandsOf(cluster: Cluster): Promise<string[]> {
  const { broker } = cluster;
  // The run's name is not known before it starts.
  const join = joinAddress(cluster, broker.kind === "none" ? await webSocketAddress(cluster) : "nats:///RUN");
  const folder = "/tmp/ganglion-broker-…";
  const isStarted = broker.kind === "start";
  const processes = [
    ...(isStarted ? [planBroker(broker.program, folder)] : []),
    planCoordinator(cluster),
    ...placementsOf(cluster).map((placement) => planNode(placement, join)),
  ];
  const added = addedHost("HOST", 1, cluster);
  const mayCome = hasDefaults(cluster) && reachabilityMistake(added, cluster) === null;
  return [
    ...(isStarted ? brokerConfig(broker, folder) : []).map((line) => `nats.conf: ${line}`),
    ...processes.map((planned) => `${planned.label}: ${shellLine(planned)}`),
    ...(mayCome ? [`scale --add HOST:1: ${shellLine(planNode(placementOn(added, 0), join))}`] : []),
  ];
}

/** As the coordinator would say it. */
async function webSocketAddress({ run, coordinator }: Cluster): Promise<string> {
  const [tlsCert, tlsKey] = [valueOfFlag(run, "--tls-cert"), valueOfFlag(run, "--tls-key")];
  const tls = await readTls({
    ...(tlsCert !== undefined && { tlsCert }),
    ...(tlsKey !== undefined && { tlsKey }),
  });
  return `${tls ? "wss" : "ws"}://${joinable(coordinator.listen, tls?.cert)}`;
}
