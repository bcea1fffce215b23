// `ganglion train`: coordinator and workers on this machine, one command.
import { basename } from "node:path";
import { runCoordinator } from "../../coordinator/main.ts";
import { shardsOf } from "../../shared/config/config.ts";
import type { GanglionError } from "../../shared/errors.ts";
import { natsRunUrl } from "../../shared/transport/join.ts";
import type { DashboardAddress } from "../flags/address.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import {
  type LocalTransport,
  type NatsTransport,
  createLocalNodes,
  isLocalNode,
} from "../nodes/local-nodes.ts";
import { openNatsHub, warnBy } from "../run/nats-hub.ts";
import { count } from "../terminal/numbers.ts";
import { plural } from "../terminal/plural.ts";
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

export interface TrainFlags extends RunFlags, EngineFlags, NatsFlags, TlsFlags {
  readonly workers?: number;
  readonly threads: number;
  readonly transport?: LocalTransport;
  readonly dashboard: DashboardAddress | "off";
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
