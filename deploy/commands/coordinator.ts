// `ganglion coordinator`: its flags.
import type { Command } from "commander";
import type { CoordinatorFlags } from "../actions/coordinator.ts";
import { addConfigFlags } from "../flags/config-flags.ts";
import { addFlags } from "../flags/flag.ts";
import { COORDINATOR_FLAGS, addRunFlags } from "../flags/options.ts";
import { addNatsFlags, addTlsFlags } from "../flags/transport-options.ts";
import { launchedOption } from "../nodes/launcher-channel.ts";

export function addCoordinator(program: Command): void {
  const command = program
    .command("coordinator")
    .description("run the parameter server alone; workers join it over WebSockets or NATS");
  addTlsFlags(
    addNatsFlags(addRunFlags(addConfigFlags(command))),
    "workers then join by wss://, and a dashboard beyond loopback is https://",
  );
  addFlags(command, COORDINATOR_FLAGS)
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
