// `ganglion train`: coordinator and workers on this machine, one command.
import { basename } from "node:path";
import type { Command } from "commander";
import { runCoordinator } from "../../coordinator/main.ts";
import { shardsOf } from "../../shared/config/config.ts";
import type { GanglionError } from "../../shared/errors.ts";
import { natsRunUrl } from "../../shared/transport/join.ts";
import type { DashboardAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { oneOf, wholeNumber } from "../flags/flags.ts";
import {
  type LocalTransport,
  type NatsTransport,
  createLocalNodes,
  isLocalNode,
} from "../nodes/local-nodes.ts";
import { openNatsHub, warnBy } from "../run/nats-hub.ts";
import { count } from "../terminal/numbers.ts";
import { addConfigFlags, addEngineFlags, addRunFlags } from "../flags/options.ts";
import { plural } from "../terminal/plural.ts";
import { type RunFlags, setUpRun } from "../run/run-setup.ts";
import { type EngineFlags, settleEngine } from "../nodes/settle-engine.ts";
import {
  type NatsFlags,
  type TlsFlags,
  addNatsFlags,
  addTlsFlags,
  assertForDashboard,
  natsOptions,
  readTls,
} from "../flags/transport-options.ts";
import { watchRun } from "../run/watched-run.ts";
import { tellDryRun } from "./dry-run.ts";

interface TrainFlags extends RunFlags, EngineFlags, NatsFlags, TlsFlags {
  readonly workers?: number;
  readonly threads: number;
  readonly transport?: LocalTransport;
  readonly dashboard: DashboardAddress | "off";
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train on this machine: coordinator and workers in one command");
  addTlsFlags(
    addNatsFlags(addEngineFlags(addRunFlags(addConfigFlags(command)))),
    "a dashboard beyond loopback is then https://",
  )
    .option("--workers <n>", "worker nodes (default: 2, on a GPU 1)", wholeNumber(1, 256))
    .option("--threads <n>", "threads a node, one shard at a time each", wholeNumber(1, 256), 1)
    .option(
      "--transport <kind>",
      "memory (nodes inside this process), ws or nats (a process each; ws is the default for several on a GPU)",
      oneOf(["memory", "ws", "nats"]),
    )
    .option("--dry-run", "print config, networks, phases and cost, and start nothing")
    .addHelpText("after", EXAMPLES)
    .action((flags: TrainFlags) =>
      flags.dryRun === true ? tellDryRun({ workers: 2, ...flags }) : trainLocally(flags),
    );
}

const EXAMPLES = `
Examples:
  ganglion train                                   digits drawn by code, about three minutes on two cores
  ganglion train --preset mnist --data ./mnist     a folder of IDX files, plain or gzipped
  ganglion train --model my-gan.js --steps 2000    networks of your own
  ganglion train --model my-gan.js --dry-run       its layers, what a step costs; starts nothing
  ganglion train --resume runs/00007-digits-strokes --steps 4800
`;

async function trainLocally(flags: TrainFlags): Promise<void> {
  const { threads } = flags;
  assertForDashboard(
    flags,
    "nodes are on this machine: ganglion coordinator lets those of others join by wss://",
  );
  const tls = await readTls(flags);
  const display = createDisplay(chooseDisplay(flags), { isOwn: isLocalNode });
  const shared = flags.transport === "memory" ? threads * (flags.workers ?? 1) : threads; // by one process
  const { choice, description } = await settleEngine(flags, shared);
  const onGpu = choice.device !== "cpu"; // a GPU is one node's, and a node's process is pinned to it
  const { workers = onGpu ? 1 : 2 } = flags;
  const { transport = onGpu && workers > 1 ? "ws" : "memory" } = flags;
  const setup = await setUpRun(flags, display);
  const { config, train, test } = setup;
  const [height, width, channels] = train.imageShape;
  display.say(
    `${config.model.kind === "module" ? `model ${basename(config.model.file)}` : `preset ${config.preset}`}, data ${train.name}: ${count(train.count)} images ${height}×${width}×${channels}; ` +
      `${plural(workers, "worker")} × ${plural(threads, "thread")}, engine ${description}`,
  );
  const shards = shardsOf(config);
  if (workers * threads > shards) {
    display.say(
      `the batch of ${config.batch} has ${plural(shards, "shard")} of ${config.shard}, so only ${shards} of ` +
        `${workers * threads} threads work at once: raise --batch or lower --shard to use them all`,
    );
  }
  const watching = { dashboard: flags.dashboard, token: flags.token, tls };
  await watchRun(setup, display, watching, async ({ log, dashboard, coordinator }) => {
    const halt = new AbortController();
    const failed = (error: GanglionError): void => halt.abort(error);
    const atNats = (): NatsTransport => {
      const server = natsOptions(flags);
      const { name: run } = setup.folder;
      const { history } = coordinator;
      const datasets = test ? [train, test] : [train];
      return {
        join: natsRunUrl(server.url, run),
        token: server.token,
        flags: flags.tlsCa === undefined ? [] : ["--tls-ca", flags.tlsCa],
        open: () => openNatsHub({ server, run, history, dashboard, datasets, warn: warnBy(history) }),
      };
    };
    const nodes = await createLocalNodes({
      transport: transport === "nats" ? atNats() : transport,
      workers,
      threads,
      choice,
      data: config.data,
      train,
      test,
      log,
      warn: display.warn,
      failed,
    });
    nodes.start();
    try {
      return await runCoordinator({ ...coordinator, hub: nodes.hub, halt: halt.signal });
    } finally {
      await nodes.hub.close(); // again, or for the first time where the coordinator did not get so far
      await nodes.close();
    }
  });
}
