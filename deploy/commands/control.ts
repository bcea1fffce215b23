// `ganglion control`: its flags.
import { type Command, Option } from "commander";
import type { ControlFlags } from "../control/control.ts";
import { wholeNumber } from "../flags/parsers.ts";
import { NATS_FLAGS } from "../flags/transport-options.ts";

export function addControl(program: Command): void {
  program
    .command("control")
    .description("steer a run while it trains: pause it, change rates, go back to a checkpoint, …")
    .argument(
      "<run>",
      "the run's folder, its name, or its number; or its dashboard's address, http://HOST:PORT",
    )
    .argument("[action]", "one of the actions below; without one: what the run does now")
    .argument("[values...]", "what the action takes")
    .option(
      "--for <steps>",
      "train-only: both networks are trained again after so many steps",
      wholeNumber(1, 1e12),
    )
    .option(
      "--wait <seconds>",
      "how long to wait for the answer: a step may take long",
      wholeNumber(1, 1e6),
      600,
    )
    .option("--out <dir>", "where run folders are, for a name or number", "runs")
    .addOption(
      new Option("--token <secret>", "of the dashboard, for an address (or GANGLION_TOKEN)").env(
        NATS_FLAGS.token.variable,
      ),
    )
    .option(`--tls-ca ${NATS_FLAGS.tlsCa.argument}`, NATS_FLAGS.tlsCa.help)
    .option("--json", "the answer as one JSON object")
    .addHelpText("after", HELP)
    .action(async (run: string, action: string | undefined, values: string[], flags: ControlFlags) =>
      (await import("../control/control.ts")).control(run, { action, values }, flags),
    );
}

const HELP = `
Actions, all done between two steps:
  pause                       no step is made until resume; nodes stay connected, nothing times out
  resume                      go on, with the bits of a run that was never paused
  stop                        finish the step, write a checkpoint, end: as Ctrl-C does
  checkpoint                  write a checkpoint now
  sample                      draw the grid of pictures now
  evaluate                    measure now, in a run with --evaluate-every
  set FIELD=VALUE…            change what --resume --change may change: learning-rate=1e-4, r1=2, sample-every=100
  train-only NETWORK          discriminator or generator alone, the other as it is; both: both again
  rollback STEP [FIELD=VALUE…]  go back to the checkpoint of that step, and on from there, with changes
  fork [STEP] [FIELD=VALUE…]  the command that starts a run of its own from a checkpoint
  link                        the dashboard's address with this session's token: a browser may steer there

What changes the run's course is recorded in its config.json (history), with its step: --resume and a replay make the
same weights. The weights are the same as ever after all other actions. Every request is a line of control.jsonl in the
run's folder. A rollback puts the checkpoints and pictures of the later steps aside, into abandoned/. A run that was
killed while it was paused trains when it is resumed. Nodes come and go with ganglion scale.

On the run's machine nothing is needed; from elsewhere, the address of its dashboard and its --token.

Examples:
  ganglion control 7 pause
  ganglion control 7 set discriminator-learning-rate=1e-4 sample-every=50
  ganglion control 7 train-only discriminator --for 200
  ganglion control 7 rollback 1500 learning-rate=5e-5
  ganglion control https://gpu-1:8700 stop --token SECRET
`;
