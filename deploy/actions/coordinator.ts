// `ganglion coordinator`: the parameter server alone; nodes join it from other processes and machines.
import type { Command } from "commander";
import { runCoordinator } from "../../coordinator/main.ts";
import type { Certificate } from "../../shared/http/http-server.ts";
import type { Hub } from "../../shared/transport/transport.ts";
import { listenWebSocket } from "../../shared/transport/websocket/websocket.ts";
import { type DashboardAddress, parseAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { launchedOption, listenToLauncher } from "../nodes/launcher-channel.ts";
import { openNatsHub, warnBy } from "../run/nats-hub.ts";
import { addConfigFlags, addRunFlags } from "../flags/options.ts";
import { type RunFlags, type RunSetup, setUpRun } from "../run/run-setup.ts";
import {
  COORDINATOR_TLS,
  type NatsFlags,
  type TlsFlags,
  addNatsFlags,
  addTlsFlags,
  assertForDashboard,
  natsOptions,
  readTls,
} from "../flags/transport-options.ts";
import { type Watch, watchRun } from "../run/watched-run.ts";

interface CoordinatorFlags extends RunFlags, NatsFlags, TlsFlags {
  readonly listen: string;
  readonly run?: string;
  readonly dashboard: DashboardAddress | "off";
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly launched?: boolean;
}

export function addCoordinator(program: Command): void {
  const command = program
    .command("coordinator")
    .description("run the parameter server alone; workers join it over WebSockets or NATS");
  addTlsFlags(addNatsFlags(addRunFlags(addConfigFlags(command))), COORDINATOR_TLS)
    .option("--listen <host:port>", "where workers join; beyond loopback a token is needed", "127.0.0.1:8701")
    .option("--run <name>", "with --nats, what workers call the run (default: its folder's name)")
    .addOption(launchedOption())
    .addHelpText("after", EXAMPLES)
    .action((flags: CoordinatorFlags) => coordinate(flags));
}

const EXAMPLES = `
Example, two machines:
  first:   GANGLION_TOKEN=secret ganglion coordinator --preset mnist --data ./mnist --listen 0.0.0.0:8701
  each:    GANGLION_TOKEN=secret ganglion worker --join ws://first:8701 --threads 4

Example, a cluster with a NATS server (nats-server -js -c deploy/nats.conf):
  one:     ganglion coordinator --nats nats://coordinator@broker --preset mnist --data ./mnist
  each:    ganglion worker --nats nats://gpu-1@broker --threads 4
  anyone:  ganglion status --nats nats://viewer@broker
`;

async function coordinate(flags: CoordinatorFlags): Promise<void> {
  const display = createDisplay(chooseDisplay(flags), { nodes: true });
  const launcher = flags.launched ? await listenToLauncher(process.stdin) : null;
  try {
    const access = launcher ? { ...flags, token: launcher.token } : flags;
    if (flags.nats !== undefined)
      assertForDashboard(
        flags,
        "nodes meet the NATS server, which has a certificate of its own (in a cluster file: broker: { tlsCert: … })",
      );
    const tls = await readTls(flags); // before the folder: a mistake leaves none behind
    const setup = await setUpRun(flags, display);
    const watching = {
      dashboard: flags.dashboard,
      token: access.token,
      tls,
      ...(launcher && { launcher: launcher.ended }),
    };
    const halt = new AbortController().signal; // nodes come and go: none of them ends the run
    await watchRun(setup, display, watching, async (watch) => {
      const hub = await openHub(access, tls, setup, watch);
      try {
        display.listening(hub.address, hub.alsoAt);
        return await runCoordinator({ ...watch.coordinator, hub, halt });
      } finally {
        await hub.close(); // again, or for the first time where the coordinator did not get so far
      }
    });
  } finally {
    launcher?.release();
  }
}

async function openHub(
  flags: CoordinatorFlags,
  tls: Certificate | null,
  setup: RunSetup,
  { dashboard, coordinator }: Watch,
): Promise<Hub> {
  const datasets = setup.test ? [setup.train, setup.test] : [setup.train];
  if (flags.nats !== undefined) {
    const { history } = coordinator;
    return await openNatsHub({
      server: natsOptions(flags),
      run: flags.run ?? setup.folder.name,
      history,
      dashboard,
      datasets,
      warn: warnBy(history),
    });
  }
  const { token } = flags;
  return await listenWebSocket({
    ...parseAddress("--listen", flags.listen),
    datasets,
    ...(token !== undefined && { token }),
    ...(tls && { tls }),
  });
}
