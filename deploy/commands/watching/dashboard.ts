// `ganglion dashboard`: its flags.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { DashboardFlags } from "../../actions/watching/dashboard.ts";
import { type Address, addressOrOff } from "../../flags/address.ts";
import { addFlags } from "../../flags/flag.ts";
import { NATS_FLAGS, addTlsFlags } from "../../flags/transport-options.ts";

export function addDashboard(program: Command): void {
  const command = program
    .command("dashboard")
    .description("show runs in the browser, finished and live ones, from their folders; nothing need run")
    .argument("[folder]", "the folder that run folders are in, or one run's folder", "runs")
    .addOption(
      new Option(
        "--listen <port|address>",
        "a port of 127.0.0.1, or HOST:PORT (beyond loopback a token is needed); 0 is any free port",
      )
        .argParser(parseListen)
        .default({ host: "127.0.0.1", port: 8710 }, "8710"),
    );
  const { token } = NATS_FLAGS;
  addTlsFlags(
    addFlags(command, {
      token: { ...token, help: "what the dashboard asks for beyond loopback (or GANGLION_TOKEN)" },
    }),
    "the dashboard is then https://",
  )
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, flags: DashboardFlags) =>
      (await import("../../actions/watching/dashboard.ts")).showRuns(folder, flags),
    );
}

function parseListen(text: string): Address {
  const address = addressOrOff(text);
  if (address === "off") throw new InvalidArgumentError("Give PORT or HOST:PORT, for example 8710.");
  return address;
}

const EXAMPLES = `
Examples:
  ganglion dashboard                   the runs in runs/
  ganglion dashboard runs/00007-mine   one of them
  ganglion dashboard --listen 0        on a free port
`;
