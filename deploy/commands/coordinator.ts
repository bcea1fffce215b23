// `ganglion coordinator`: the parameter server alone; nodes join it from other processes and machines.
import type { Command } from "commander";
import { runCoordinator } from "../../coordinator/main.ts";
import { GanglionError } from "../../shared/errors.ts";
import { listenWebSocket } from "../../shared/transport/websocket.ts";
import { chooseDisplay, createDisplay } from "../display.ts";
import { launchedOption, listenToLauncher } from "../launched.ts";
import { addConfigFlags, addRunFlags } from "../options.ts";
import { type RunFlags, setUpRun } from "../run-setup.ts";
import { watchRun } from "../watched-run.ts";

interface CoordinatorFlags extends RunFlags {
  readonly listen: string;
  readonly token?: string;
  readonly dashboard: number | "off";
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly launched?: boolean;
}

export function addCoordinator(program: Command): void {
  const command = program
    .command("coordinator")
    .description("run the parameter server alone; workers join it over WebSockets");
  addRunFlags(addConfigFlags(command))
    .option("--listen <host:port>", "where workers join; beyond loopback a token is needed", "127.0.0.1:8701")
    .option(
      "--token <secret>",
      "what workers must present (or GANGLION_TOKEN)",
      process.env["GANGLION_TOKEN"],
    )
    .addOption(launchedOption())
    .addHelpText("after", EXAMPLES)
    .action((flags: CoordinatorFlags) => coordinate(flags));
}

const EXAMPLES = `
Example, two machines:
  first:   GANGLION_TOKEN=secret ganglion coordinator --preset mnist --data ./mnist --listen 0.0.0.0:8701
  each:    GANGLION_TOKEN=secret ganglion worker --join ws://first:8701 --data ./mnist --threads 4
`;

async function coordinate(flags: CoordinatorFlags): Promise<void> {
  const display = createDisplay(chooseDisplay(flags));
  const launcher = flags.launched ? await listenToLauncher(process.stdin) : null;
  const token = launcher?.token ?? flags.token;
  const hub = await listenWebSocket({ ...parseAddress(flags.listen), ...(token !== undefined && { token }) });
  try {
    const setup = await setUpRun(flags, display);
    display.listening(hub.address);
    const halt = new AbortController().signal; // nodes come and go: none of them ends the run
    await watchRun(
      setup,
      display,
      { dashboard: flags.dashboard, ...(launcher && { launcher: launcher.ended }) },
      ({ coordinator }) => runCoordinator({ ...coordinator, hub, halt }),
    );
  } finally {
    launcher?.release();
    await hub.close();
  }
}

function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  const host = match?.groups?.["six"] ?? match?.groups?.["name"];
  if (host === undefined || port > 65_535)
    throw new GanglionError(
      "USAGE",
      `--listen ${text} is no address: write HOST:PORT, for example 127.0.0.1:8701`,
    );
  return { host, port };
}
