// `ganglion coordinator`: the parameter server alone; nodes join it from other processes and machines.
import { runCoordinator } from "../../coordinator/main.ts";
import { type DashboardAddress, parseAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { openLauncherChannel } from "../nodes/launcher-channel.ts";
import { type RunFlags, setUpRun } from "../run/run-setup.ts";
import {
  type NatsFlags,
  type TlsFlags,
  assertForDashboard,
  natsOptions,
  readTls,
} from "../flags/transport-options.ts";
import { watchRun } from "../run/watched-run.ts";
import { transportOf } from "../transports/transports.ts";

export interface CoordinatorFlags extends RunFlags, NatsFlags, TlsFlags {
  readonly listen: string;
  readonly run?: string;
  readonly dashboard: DashboardAddress | "off";
  readonly tensorboard?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly launched?: boolean;
}

export async function coordinate(flags: CoordinatorFlags): Promise<void> {
  const display = createDisplay(chooseDisplay(flags), { nodes: true });
  const launcher = flags.launched ? await openLauncherChannel(process.stdin) : null;
  try {
    const access = launcher ? { ...flags, token: launcher.token } : flags;
    const transport = transportOf(flags);
    if (transport.ownCertificate !== undefined) assertForDashboard(flags, transport.ownCertificate);
    const address = parseAddress("--listen", flags.listen);
    const tls = await readTls(flags); // before the folder: a mistake leaves none behind
    const setup = await setUpRun(flags, display);
    const watching = {
      dashboard: flags.dashboard,
      token: access.token,
      tls,
      tensorboard: flags.tensorboard === true,
      labels: flags,
      ...(launcher && { launcher: launcher.ended }),
    };
    const halt = new AbortController().signal; // nodes come and go: none of them ends the run
    let place = address;
    await watchRun(setup, display, watching, async (watch) => {
      const datasets = setup.test ? [setup.train, setup.test] : [setup.train];
      const { hub } = await transport.serve({
        listen: {
          ...place,
          datasets,
          ...(access.token !== undefined && { token: access.token }),
          ...(tls && { tls }),
        },
        server: natsOptions(access),
        run: flags.run ?? setup.folder.name,
        datasets,
        history: watch.coordinator.history,
        dashboard: watch.dashboard,
      });
      try {
        if (place === address) display.listening(hub.address, hub.alsoAt);
        place = { ...address, port: Number(new URL(hub.address).port) }; // the next segment's nodes know this one
        return await runCoordinator({ ...watch.coordinator, hub, halt });
      } finally {
        await hub.close(); // again, or for the first time where the coordinator did not get so far
      }
    });
  } finally {
    launcher?.release();
  }
}
