// `ganglion coordinator`: its flags.
import type { Command } from "commander";
import type { CoordinatorFlags } from "../actions/coordinator.ts";
import { addConfigFlags, addRunFlags } from "../flags/options.ts";
import { COORDINATOR_TLS, addNatsFlags, addTlsFlags } from "../flags/transport-options.ts";
import { launchedOption } from "../nodes/launcher-channel.ts";

export function addCoordinator(program: Command): void {
  const command = program
    .command("coordinator")
    .description("run the parameter server alone; workers join it over WebSockets or NATS");
  addTlsFlags(addNatsFlags(addRunFlags(addConfigFlags(command))), COORDINATOR_TLS)
    .option("--listen <host:port>", "where workers join; beyond loopback a token is needed", "127.0.0.1:8701")
    .option("--run <name>", "with --nats, what workers call the run (default: its folder's name)")
    .addOption(launchedOption())
    .addHelpText("after", EXAMPLES)
    .action(async (flags: CoordinatorFlags) => (await import("../actions/coordinator.ts")).coordinate(flags));
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
