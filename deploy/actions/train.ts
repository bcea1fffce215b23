// `ganglion train`: coordinator and workers on this machine, one command.
import { basename } from "node:path";
import { runCoordinator } from "../../coordinator/main.ts";
import { shardsOf } from "../../shared/config/config.ts";
import type { GanglionError } from "../../shared/errors.ts";
import type { DashboardAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { createLocalNodes, isLocalNode } from "../nodes/local-nodes.ts";
import { count, plural } from "../terminal/format.ts";
import { type RunFlags, setUpRun } from "../run/run-setup.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import type { EngineFlags } from "../flags/options.ts";
import {
  type NatsFlags,
  type TlsFlags,
  assertForDashboard,
  natsOptions,
  readTls,
} from "../flags/transport-options.ts";
import { watchRun } from "../run/watched-run.ts";
import { TRANSPORTS, type TransportName } from "../transports/transports.ts";

export interface TrainFlags extends RunFlags, EngineFlags, NatsFlags, TlsFlags {
  readonly workers?: number;
  readonly threads: number;
  readonly transport?: TransportName;
  readonly dashboard: DashboardAddress | "off";
  readonly tensorboard?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

export async function trainLocally(flags: TrainFlags): Promise<void> {
  const { threads } = flags;
  assertForDashboard(
    flags,
    "nodes are on this machine: ganglion coordinator lets those of others join by wss://",
  );
  const tls = await readTls(flags);
  const display = createDisplay(chooseDisplay(flags), { isOwn: isLocalNode });
  const isShared = flags.transport !== undefined && TRANSPORTS[flags.transport].isInProcess;
  const threadsOfProcess = isShared ? threads * (flags.workers ?? 1) : threads;
  const { choice, description } = await settleEngine(flags, threadsOfProcess);
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
  const { dashboard: address, token, tensorboard = false } = flags;
  const watching = { dashboard: address, token, tls, tensorboard, labels: flags };
  await watchRun(setup, display, watching, async ({ log, dashboard, coordinator }) => {
    const halt = new AbortController();
    const failed = (error: GanglionError): void => halt.abort(error);
    const served = await TRANSPORTS[transport].serve({
      listen: { host: "127.0.0.1", port: 0 },
      server: natsOptions(flags),
      run: setup.folder.name,
      datasets: test ? [train, test] : [train],
      history: coordinator.history,
      dashboard,
    });
    const nodes = createLocalNodes({
      join: served.join,
      workers,
      threads,
      choice,
      data: config.data,
      dataMemory: flags.dataMemory,
      train,
      test,
      log,
      warn: display.warn,
      failed,
    });
    nodes.start();
    try {
      return await runCoordinator({ ...coordinator, hub: served.hub, halt: halt.signal });
    } finally {
      await served.hub.close(); // again, or for the first time where the coordinator did not get so far
      await nodes.close();
    }
  });
}
