// `ganglion coordinator`: the parameter server alone; nodes join it from other processes and machines.
import { runCoordinator } from "../../coordinator/main.ts";
import type { Certificate } from "../../shared/http/http-server.ts";
import type { Hub } from "../../shared/transport/transport.ts";
import { listenWebSocket } from "../../shared/transport/websocket/server.ts";
import { type DashboardAddress, parseAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { listenToLauncher } from "../nodes/launcher-channel.ts";
import { openNatsHub, warnBy } from "../run/nats-hub.ts";
import { type RunFlags, type RunSetup, setUpRun } from "../run/run-setup.ts";
import {
  type NatsFlags,
  type TlsFlags,
  assertForDashboard,
  natsOptions,
  readTls,
} from "../flags/transport-options.ts";
import { type Watch, watchRun } from "../run/watched-run.ts";

export interface CoordinatorFlags extends RunFlags, NatsFlags, TlsFlags {
  readonly listen: string;
  readonly run?: string;
  readonly dashboard: DashboardAddress | "off";
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly launched?: boolean;
}

export async function coordinate(flags: CoordinatorFlags): Promise<void> {
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
