// `ganglion train`: coordinator and workers on this machine, one command.
import type { Command } from "commander";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { startDashboard } from "../../coordinator/dashboard/server.ts";
import { runCoordinator } from "../../coordinator/main.ts";
import type { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { ENGINES, type EngineName } from "../../worker/engine/open-engine.ts";
import { type Display, chooseDisplay, count, createDisplay } from "../display.ts";
import { oneOf, wholeNumber } from "../flags.ts";
import { catchInterrupts } from "../interrupts.ts";
import { type LocalTransport, createLocalNodes } from "../local-nodes.ts";
import { addConfigFlags, addRunFlags } from "../options.ts";
import { type RunFlags, type RunSetup, setUpRun } from "../run-setup.ts";

interface TrainFlags extends RunFlags {
  readonly workers: number;
  readonly threads: number;
  readonly engine: EngineName;
  readonly transport: LocalTransport;
  readonly dashboard: number | "off";
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train on this machine: coordinator and workers in one command");
  addRunFlags(addConfigFlags(command))
    .option("--workers <n>", "worker nodes", wholeNumber(1, 256), 2)
    .option("--threads <n>", "threads a node, one shard at a time each", wholeNumber(1, 256), 1)
    .option(
      "--transport <kind>",
      "memory (nodes inside this process) or ws (a process each)",
      oneOf(["memory", "ws"]),
      "memory",
    )
    .option(
      "--engine <name>",
      "what executes the compiled step: graph (ONNX Runtime) or reference (plain JavaScript, slow)",
      oneOf(ENGINES),
      "graph",
    )
    .option("--device <name>", "what the engine runs on", oneOf(["cpu"]), "cpu")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: TrainFlags) => trainLocally(flags));
}

const EXAMPLES = `
Examples:
  ganglion train                                   digits drawn by code, about three minutes on two cores
  ganglion train --preset mnist --data ./mnist     a folder of IDX files, plain or gzipped
  ganglion train --model my-gan.js --steps 2000    networks of your own
  ganglion train --resume runs/00007-digits-strokes --steps 4800
`;

async function trainLocally(flags: TrainFlags): Promise<void> {
  const display = createDisplay(chooseDisplay(flags));
  const setup = await setUpRun(flags, display.say);
  try {
    await run(flags, setup, display);
  } finally {
    await setup.folder.release();
  }
}

async function run(flags: TrainFlags, setup: RunSetup, display: Display): Promise<void> {
  const { config, folder, train, test } = setup;
  const { workers, threads, engine, transport } = flags;
  const log = createLog({ file: folder.logFile, stderr: "silent" }); // warnings reach the terminal as events
  const history = new EventHistory();
  history.subscribe((event) => display.event(event));
  const halt = new AbortController();
  const interrupts = catchInterrupts(
    display.say,
    "stopping after this step with a checkpoint (Ctrl-C again to end at once)",
  );
  const dashboard =
    flags.dashboard === "off"
      ? null
      : await startDashboard({
          host: "127.0.0.1",
          port: flags.dashboard,
          history,
          samplesFolder: folder.samples,
        });
  try {
    const [height, width, channels] = train.imageShape;
    display.say(
      `preset ${config.preset}, data ${train.name}: ${count(train.count)} images ${height}×${width}×${channels}; ${workers} ${workers === 1 ? "worker" : "workers"} × ${threads} ${threads === 1 ? "thread" : "threads"}, engine ${engine}`,
    );
    if (dashboard) display.say(`dashboard ${dashboard.url}`);
    display.say(`pictures in ${folder.samples}`);
    const failed = (error: GanglionError): void => halt.abort(error);
    const nodes = await createLocalNodes({
      transport,
      workers,
      threads,
      engine,
      data: config.data,
      train,
      test,
      log,
      failed,
    });
    nodes.start();
    try {
      const { stop } = interrupts;
      display.done(await runCoordinator({ ...setup, hub: nodes.hub, history, log, stop, halt: halt.signal }));
    } finally {
      await nodes.hub.close(); // again, or for the first time where the coordinator did not get so far
      await nodes.close();
    }
  } finally {
    await dashboard?.close();
    interrupts.release();
  }
}
