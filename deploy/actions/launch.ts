// `ganglion launch`: a whole cluster from one file, with one progress line and one Ctrl-C.
import type { Command } from "commander";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { brokerConfig } from "../launch/broker-config.ts";
import { type Cluster, mistakesOf, readCluster } from "../launch/cluster-file/cluster.ts";
import { resumeInFile, runCluster } from "../launch/cluster-run.ts";
import { valueOfFlag } from "../launch/cluster-file/flag-names.ts";
import { mistakeOfFar } from "../launch/cluster-file/reachability.ts";
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
import { mistakesInFlags } from "../launch/cluster-file/run-flags.ts";
import { sayText } from "../terminal/output.ts";
import { readTls } from "../flags/transport-options.ts";

interface LaunchFlags {
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function addLaunch(program: Command): void {
  program
    .command("launch")
    .description("start a coordinator here and nodes on many hosts, as a file says")
    .argument("<file>", "the cluster, YAML")
    .option("--dry-run", "print the exact commands and start nothing")
    .option("--quiet", "say only how it ended, and warnings")
    .option("--json", "one JSON event a line, the last is done")
    .addHelpText("after", EXAMPLE)
    .action((file: string, flags: LaunchFlags) => launch(file, flags));
}

const EXAMPLE = `
A cluster file:
  run: { preset: mnist, data: /data/mnist, steps: 2000 }     # flags of ganglion coordinator
  coordinator: { listen: 0.0.0.0:8701, join: ws://192.0.2.7:8701 }
  # or, over NATS:  broker: { kind: start, listen: 0.0.0.0:4222, url: nats://192.0.2.7:4222 }
  defaults: { program: /opt/ganglion/bin/ganglion }           # of each host, also of one that scale --add brings
  hosts:
    - { name: here, program: npx ganglion, threads: 2 }       # one node on this machine's CPU
    - { name: gpu1, reach: { kind: ssh, address: me@gpu1 }, gpus: 8, device: cuda }
    - name: slurm
      reach: { kind: command, command: "srun --ntasks=1 --gres=gpu:1 {command}" }
      nodes: 4

Ctrl-C stops everything that it started, everywhere. Meanwhile, from another terminal:
  ganglion scale runs/00007-mnist-mnist 12
`;

async function launch(file: string, flags: LaunchFlags): Promise<void> {
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

/** Each as it would be started; all read the token from standard input. A broker's configuration stands before it. */
async function commandsOf(cluster: Cluster): Promise<string[]> {
  const { broker } = cluster;
  // Which the run gets is not known before it is there.
  const join = joinAddress(cluster, broker.kind === "none" ? await webSocketAddress(cluster) : "nats:///RUN");
  const folder = "/tmp/ganglion-broker-…";
  const isStarted = broker.kind === "start";
  const processes = [
    ...(isStarted ? [planBroker(broker.program, folder)] : []),
    planCoordinator(cluster),
    ...placementsOf(cluster).map((placement) => planNode(placement, join)),
  ];
  const added = addedHost("HOST", 1, cluster);
  const mayCome = hasDefaults(cluster) && mistakeOfFar(added, cluster) === null;
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
