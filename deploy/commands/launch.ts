// `ganglion launch`: its flags.
import type { Command } from "commander";
import type { LaunchFlags } from "../actions/launch.ts";

export function addLaunch(program: Command): void {
  program
    .command("launch")
    .description("start a coordinator here and nodes on many hosts, as a file says")
    .argument("<file>", "the cluster, YAML")
    .option("--dry-run", "print the exact commands and start nothing")
    .option("--quiet", "say only how it ended, and warnings")
    .option("--json", "one JSON event a line, the last is done")
    .addHelpText("after", EXAMPLE)
    .action(async (file: string, flags: LaunchFlags) =>
      (await import("../actions/launch.ts")).launch(file, flags),
    );
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
