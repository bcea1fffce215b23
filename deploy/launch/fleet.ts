// The nodes of a launched cluster: started, restarted when they fail, added and removed while the run goes on.
import { GanglionError } from "../../shared/errors.ts";
import { BackOff, CRASHES } from "../nodes/back-off.ts";
import type { Host } from "./cluster-file/host.ts";
import { capacityOf } from "./capacity.ts";
import { type Placement, gpusOf, nodeName, placementOn, planNode } from "./launch-plan.ts";
import { type Ending, type StartedProcess, startProcess } from "./processes.ts";

export interface FleetOptions {
  readonly hosts: readonly Host[];
  /** The coordinator's address as the hosts see it. */
  readonly join: string;
  readonly token: string;
  /** A node's own words. */
  readonly log: (node: string, text: string) => void;
  readonly warn: (message: string) => void;
  /** Called when the last node is benched, with what happened to it. */
  readonly spent: (why: string) => void;
  /** Waits so long, or until the signal aborts; tests have their own clock. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

interface Node {
  readonly placement: Placement;
  process: StartedProcess;
  /** Aborts when the node is to go. */
  readonly leaving: AbortController;
  /** Resolves when it is gone for good. */
  readonly gone: Promise<void>;
}

/** How long a node may take to finish its lease and leave. */
const GRACE_MS = 30_000;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #hosts: Host[];
  readonly #nodes: Node[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#hosts = [...options.hosts];
  }

  get names(): readonly string[] {
    return this.#nodes.map(({ placement }) => nodeName(placement));
  }

  start(placement: Placement): void {
    const leaving = new AbortController();
    const node: Node = {
      placement,
      process: this.#spawn(placement),
      leaving,
      gone: Promise.resolve(),
    };
    this.#nodes.push(node);
    Object.assign(node, { gone: this.#keepAlive(node) });
  }

  /**
   * Starts nodes where there is room, or asks the newest to leave after their present lease, until there are `count`.
   *
   * @throws GanglionError CONFIG when the hosts have not room for so many; nothing is changed then
   */
  scaleTo(count: number): void {
    const more: Placement[] = [];
    while (this.#nodes.length + more.length < count) more.push(this.#nextPlace(more, count));
    for (const placement of more) this.start(placement);
    for (const node of this.#nodes.slice(count).toReversed()) this.#dismiss(node);
  }

  /**
   * Starts `nodes` more on one host, each on a GPU of its own where the host has any: a host of the cluster, or a new one. A
   * host that was added before gets so many more GPUs.
   *
   * @throws GanglionError CONFIG when a host of the file has not room for so many; nothing is changed then
   */
  add(host: Host, nodes: number): void {
    const known = this.#hosts.findIndex(({ name }) => name === host.name);
    const isOfFile = this.#options.hosts.some(({ name }) => name === host.name);
    const home = known < 0 || isOfFile ? host : { ...host, gpus: capacityOf(this.#hosts[known]) + nodes };
    const [room, busy] = [capacityOf(home), this.#busyOn(home, [])];
    if (room - busy < nodes) {
      const field = gpusOf(home) ? "gpus" : "nodes";
      throw new GanglionError(
        "CONFIG",
        `${home.name} has room for ${room} nodes, and ${busy} are there: ask for fewer, or write its ${field} in the cluster file`,
      );
    }
    if (known < 0) this.#hosts.push(home);
    else this.#hosts[known] = home;
    for (let i = 0; i < nodes; i++) this.start(placementOn(home, this.#freeIndex(home.name, [])));
  }

  /** Resolves when all nodes have left. */
  async stop(): Promise<void> {
    const going = this.#nodes.map(({ gone }) => gone);
    for (const node of this.#nodes.slice()) this.#dismiss(node); // each takes itself out
    await Promise.all(going);
  }

  kill(): void {
    for (const { process } of this.#nodes) process.kill();
  }

  #spawn(placement: Placement): StartedProcess {
    const { join, token, log } = this.#options;
    const name = nodeName(placement);
    const toLog = (text: string): void => log(name, text);
    return startProcess(planNode(placement, join), token, { line: toLog, complaint: toLog });
  }

  /** Starts the node again whenever it fails, later each time, until it is benched. */
  async #keepAlive(node: Node): Promise<void> {
    const name = nodeName(node.placement);
    const { warn, pause, spent } = this.#options;
    const { signal } = node.leaving;
    const backOff = new BackOff();
    let benched: string | null = null;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const ending = await node.process.ended;
      if (signal.aborted || ending.kind === "done") break;
      const pauseMs = backOff.crashed(performance.now() - startedAt);
      benched = benchedFor(ending, node.placement.host, this.#placeOf(node.placement.host), pauseMs);
      if (benched !== null) {
        warn(`${name} ${benched}`);
        break;
      }
      warn(`${name} ${ending.how}: it is started again in ${pauseMs! / 1000} s`);
      await pause(pauseMs!, signal);
      if (!signal.aborted) node.process = this.#spawn(node.placement);
    }
    const at = this.#nodes.indexOf(node);
    if (at >= 0) this.#nodes.splice(at, 1);
    if (benched !== null && this.#nodes.length === 0) spent(`${name} ${benched}`);
  }

  /** Where the cluster file says what is to be started on a host. */
  #placeOf({ name }: Host): string {
    return this.#options.hosts.some((host) => host.name === name) ? `host ${name}` : "the defaults";
  }

  #dismiss(node: Node): void {
    node.leaving.abort();
    void node.process.stop(GRACE_MS);
    const at = this.#nodes.indexOf(node);
    if (at >= 0) this.#nodes.splice(at, 1);
  }

  /** A free GPU first, in the file's order; else the host without GPUs that has the fewest nodes. */
  #nextPlace(planned: readonly Placement[], count: number): Placement {
    const busy = (host: Host): number => this.#busyOn(host, planned);
    const free = this.#hosts.filter((host) => busy(host) < capacityOf(host));
    const withGpu = free.find((host) => gpusOf(host) !== null);
    const [host = null] = withGpu ? [withGpu] : free.toSorted((a, b) => busy(a) - busy(b));
    if (host) return placementOn(host, this.#freeIndex(host.name, planned));
    const rooms = this.#hosts.map((each) => `${each.name} ${capacityOf(each)}`).join(", ");
    throw new GanglionError(
      "CONFIG",
      `${count} nodes are more than the cluster's hosts have room for (a node a GPU, else four threads a core of this machine, 64 nodes of another: ${rooms}): add a host with scale --add HOST:GPUS`,
    );
  }

  /** Nodes on a host, with those that are planned. */
  #busyOn({ name }: Host, planned: readonly Placement[]): number {
    const placements = [...this.#nodes.map(({ placement }) => placement), ...planned];
    return placements.filter(({ host }) => host.name === name).length;
  }

  #freeIndex(name: string, planned: readonly Placement[]): number {
    const taken = new Set(
      [...this.#nodes.map(({ placement }) => placement), ...planned]
        .filter(({ host }) => host.name === name)
        .map(({ index }) => index),
    );
    let index = 0;
    while (taken.has(index)) index++;
    return index;
  }
}

/** Why a node is not started again; null where it is, after a pause. */
function benchedFor(
  { how, why }: Extract<Ending, { kind: "failed" }>,
  { reach }: Host,
  place: string,
  pauseMs: number | null,
): string | null {
  switch (why) {
    case "mistake":
      return `${how}: it would fail again, so it is benched`;
    case "no program":
      return `${how}: correct ${reach.kind === "command" ? "command or program" : "program (how Ganglion is started there)"} of ${place} in the cluster file`;
    case "crash":
    case "diverged": // no node ends with it: the exit code is its scheduler's
      return pauseMs === null ? `${how}: it is benched after ${CRASHES} crashes in a row` : null;
    default:
      return why satisfies never;
  }
}
