// Leases: a batch of tasks goes out to the nodes until each has one valid result; every answer is counted.
//
// What is late while somebody is idle is leased a second time, and the first valid answer wins (the backup tasks of
// MapReduce, Dean and Ghemawat 2004, section 3.6); every node gives the same bits, so it does not matter whose it is.
// Who gets a task, when it is late and whose word counts are pure functions beside this file; here they are acted on.
import type { Envelope } from "../../shared/transport/transport.ts";
import type { Contribution, Member } from "../members/member.ts";
import type { MemberListener, Members } from "../members/members.ts";
import type { AnswerListener } from "../members/sessions.ts";
import { Alarm } from "./alarm.ts";
import { AnswerCounts, REFUSALS } from "./answer-counts.ts";
import { backupsFor, candidatesFor, isOnHold, soonest } from "./candidates.ts";
import { LeaseTable, type LeaseTableOptions } from "./lease-table.ts";
import type { OutWork } from "./missing-work.ts";
import { PAUSE_MS, lateMs, mostLeases } from "./speed/deadlines.ts";
import {
  type Failure,
  type Lease,
  type OpenTask,
  type Rejection,
  type Results,
  type Task,
  hasFailed,
  openTask,
} from "./task.ts";
import { MAX_FAILURES, failureOf, isDoubtful, isHopeless, nodesOf } from "./trust/hopeless.ts";
import { Trust, type TrustOptions } from "./trust/trust.ts";

export interface LeasesOptions extends Pick<LeaseTableOptions, "speedModel" | "log"> {
  readonly members: TrustOptions["members"] & Pick<Members, "listen">;
  /** No other node can join, so the run waits for none that could do better. */
  readonly isClosed: boolean;
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds; a test's clock. */
  readonly now?: () => number;
}

/** Tasks without a result yet, and who waits for them. */
interface Batch {
  readonly results: Results<Task>;
  /** Tasks that no node has. */
  waiting: OpenTask[];
  open: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Work that all have failed at is tried again after so long. */
const HOLD_MS = 5000;

export class Leases implements MemberListener, AnswerListener {
  readonly counts = new AnswerCounts();
  readonly #options: LeasesOptions;
  readonly #now: () => number;
  readonly #trust: Trust;
  readonly #table: LeaseTable;
  readonly #alarm: Alarm;
  #batch: Batch | null = null;

  constructor(options: LeasesOptions) {
    const { now = () => performance.now() } = options;
    this.#options = options;
    this.#now = now;
    this.#trust = new Trust({ ...options, now });
    this.#table = new LeaseTable({ ...options, now, fail: (error) => this.#batch?.reject(error) });
    this.#alarm = new Alarm(() => this.review(), now);
    options.members.listen(this);
  }

  /**
   * Leases every task, again where a node fails, leaves or is late, and resolves when each has one accepted result.
   *
   * @throws GanglionError WORKER when no node gives a task an answer that can be accepted, DIVERGED when its results are
   *   not finite on any
   */
  async complete<T extends Task>(
    tasks: readonly T[],
    results: Results<T>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#batch) throw new RangeError("one batch of leases at a time");
    if (tasks.length === 0) return;
    this.#trust.restoreDue();
    const abort = (): void => this.#batch?.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#batch = { results, waiting: tasks.map(openTask), open: tasks.length, resolve, reject };
        if (signal.aborted) return abort();
        this.#assign();
        for (const lease of this.#table.leases()) this.#table.probe(lease);
      });
    } finally {
      signal.removeEventListener("abort", abort);
      this.#alarm.stop();
      this.#table.clear();
      this.#batch = null;
    }
  }

  /** Members that work can be given to. */
  available(): Member[] {
    this.#trust.restoreDue();
    return this.#options.members.ready();
  }

  /** Whether these nodes may decide by themselves what they found, though no other is there to confirm it. */
  mayDecide(nodes: ReadonlySet<string>): boolean {
    return this.#trust.mayDecide(nodes);
  }

  /** The work that has no result yet, and which nodes have it; what no node has comes last. */
  out(): readonly OutWork[] {
    const waiting = this.#batch?.waiting ?? [];
    return [...this.#table.work(), ...waiting.map(({ work }) => ({ work, node: null, sinceMs: 0 }))];
  }

  /** Whether work is out, and no answer has come for much longer than one should need, five seconds at least. */
  isSilent(): boolean {
    return this.#table.isSilent();
  }

  ready(member: Member): void {
    this.#trust.ready(member);
    this.#assign();
  }

  left(member: Member): void {
    this.#takeAllBack(member);
  }

  failed(member: Member, id: number, reason: string): void {
    const lease = this.#table.find(id, member);
    if (!lease) return; // taken back already: its failure changes nothing
    this.#warn(`node ${member.id} failed at a lease: ${reason}`);
    this.#fail(lease, { kind: "failed", reason });
  }

  contribution(member: Member, { lease: id, computeMs }: Contribution, envelope: Envelope): void {
    this.counts.received++;
    const lease = this.#table.find(id, member);
    if (!lease) {
      this.counts[this.#table.tooLate(id, member, computeMs)]++;
      envelope.release();
      return;
    }
    const { body } = envelope;
    const { results } = this.#batch!; // a lease that is out is of the present batch
    const rejection =
      body instanceof Float32Array ? results.accept(lease.task, body, member, envelope) : "body";
    if (rejection === null) this.#settle(lease, computeMs);
    else {
      envelope.release();
      this.#reject(lease, rejection);
    }
  }

  /** Looks at the clock now, as the timer does: takes back what is overdue, and leases a second time what is late. */
  review(): void {
    this.#trust.restoreDue();
    for (const lease of this.#table.leases()) {
      if (this.#table.elapsedMs(lease) < lease.deadlineMs) continue;
      this.#table.timeOut(lease);
      this.#waitIfUnleased(lease.task);
      this.#reportSilence(lease, "it is leased again");
    }
    for (const lease of this.#table.timeOutProbes())
      this.#reportSilence(lease, "it gets no other work now, and will be measured again later");
    this.#assign();
  }

  /** Leases the tasks that wait, where a member is ready, and those that are late once more. */
  #assign(): void {
    const batch = this.#batch;
    if (!batch) return;
    const ready = this.#options.members.ready();
    const { waiting } = batch;
    batch.waiting = [];
    for (const task of waiting) {
      if (ready.length === 0 || isOnHold(task, ready, this.#now())) batch.waiting.push(task);
      else
        this.#lease(
          task,
          candidatesFor(task, ready, (node) => this.#trust.isDoubted(node)),
        );
    }
    if (this.#table.size > 0 || batch.waiting.length > 0) this.#backUp(batch.waiting);
  }

  /** Leases what is late to members that are idle; then sets the timer for what is due next. */
  #backUp(waiting: readonly OpenTask[]): void {
    const now = this.#now();
    const held = waiting.map(({ notBefore }) => notBefore - now);
    let nextMs = Math.min(this.#trust.returnsInMs(), ...held.filter((ms) => ms > 0));
    for (const lease of this.#table.leases()) {
      const { task } = lease;
      nextMs = Math.min(nextMs, lease.deadlineMs - this.#table.elapsedMs(lease));
      const expected = this.#table.expected(lease);
      if (task.leases >= mostLeases(expected, task.probe !== undefined)) continue;
      const lateInMs = lateMs(expected, this.#table.answeredAt - task.leasedAt) - (now - task.leasedAt);
      if (lateInMs > 0) nextMs = Math.min(nextMs, lateInMs);
      else this.#lease(task, this.#idleBackups(task));
    }
    if (nextMs < Infinity) this.#alarm.ringIn(nextMs);
  }

  #idleBackups(task: OpenTask): readonly Member[] {
    const ready = this.#options.members.ready();
    const holders = this.#table.holdersOf(task);
    const backups = backupsFor(task, ready, holders, (node) => this.#trust.isDoubted(node));
    return backups.filter((member) => this.#table.isIdle(member));
  }

  /** To the candidate that would be done first, if there is any. */
  #lease(task: OpenTask, candidates: readonly Member[]): void {
    const member = soonest(candidates, (candidate) => this.#table.doneInMs(task, candidate));
    if (member) this.#table.lease(task, member);
  }

  #settle(lease: Lease, computeMs: number): void {
    this.counts.accepted++;
    lease.member.contributions++;
    this.#trust.good(lease.member.id);
    this.#table.settle(lease, computeMs);
    this.#alarm.ringIn(PAUSE_MS); // somebody may be idle now
    this.#judgeDoubted(lease.task);
    if (this.#batch && --this.#batch.open === 0) this.#batch.resolve();
  }

  #reject(lease: Lease, rejection: Rejection): void {
    this.counts.reject(rejection);
    const reason = REFUSALS[rejection];
    if (rejection !== "far off")
      this.#warn(`a contribution of node ${lease.member.id} was refused: ${reason}`);
    const kind = rejection === "not finite" || rejection === "far off" ? rejection : "refused";
    this.#fail(lease, { kind, reason });
  }

  #fail(lease: Lease, { kind, reason }: Pick<Failure, "kind" | "reason">): void {
    const { task, member } = lease;
    const { failures } = task;
    failures.push({ node: member.id, kind, reason });
    this.#takeBack(lease);
    if (!isDoubtful(kind)) this.#fault(member.id, reason);
    const available = this.available();
    const mayDecide = (nodes: ReadonlySet<string>): boolean => this.mayDecide(nodes);
    if (isHopeless(failures, { available, mayDecide })) return this.#batch?.reject(failureOf(task));
    if (failures.length >= MAX_FAILURES && available.every(({ id }) => hasFailed(task, id))) this.#hold(task);
    this.#assign();
  }

  /** All members have tried it: the run waits for others, and then asks those that are here again. */
  #hold(task: OpenTask): void {
    const isNew = task.notBefore === 0;
    task.notBefore = this.#now() + HOLD_MS;
    if (!isNew || !task.failures.every(({ kind }) => isDoubtful(kind))) return;
    const why = this.#batch?.results.describeDoubt?.(task) ?? "not finite";
    this.#warn(
      `the results of ${nodesOf(task.failures)} are ${why}: the run waits for another node to compute them again, for half a minute or while one prepares; if they are right, training has become unstable: start anew with a smaller --learning-rate`,
    );
  }

  /** What was doubtful was right, and there twice, or wrong: the accepted result tells. */
  #judgeDoubted(task: OpenTask): void {
    const results = this.#batch?.results;
    const wrong = results?.contradicted?.(task) ?? new Set();
    for (const node of wrong) {
      const what = "its norm is far from what another node found for the same shards";
      this.#warn(`a contribution of node ${node} was refused: ${what}`);
      this.#fault(node, what);
    }
    for (const { node, kind } of task.failures)
      if (kind === "not finite") this.#fault(node, "its result was not finite, and another one is");
    const right = task.failures.filter(({ kind, node }) => kind === "far off" && !wrong.has(node));
    if (right.length === 0) return;
    this.counts.confirm(right.length);
    const why = results?.describeDoubt?.(task) ?? "far off";
    this.#warn(`the results of ${nodesOf(right)} are ${why}: nodes agree on them, so they count`);
  }

  /** A node made a mistake: where it gets no work from now on, what it has is taken back. */
  #fault(node: string, what: string): void {
    const benched = this.#trust.fault(node, what);
    if (benched) this.#takeAllBack(benched);
  }

  /** A member is gone, or gets no work for now. */
  #takeAllBack(member: Member): void {
    for (const lease of this.#table.leases()) if (lease.member === member) this.#takeBack(lease);
    this.#table.forgetProbe(member);
    this.#assign();
  }

  #takeBack(lease: Lease): void {
    this.#table.takeBack(lease);
    this.#waitIfUnleased(lease.task);
  }

  #waitIfUnleased(task: OpenTask): void {
    if (task.leases === 0) this.#batch?.waiting.push(task);
  }

  /** Where no node has answered since, it may be the network, or the work, and does not count as a mistake. */
  #reportSilence({ member, leasedAt, deadlineMs }: Lease, consequence: string): void {
    const what = `did not answer a lease within ${Math.round(deadlineMs / 1000)} s`;
    this.#warn(`node ${member.id} ${what}: ${consequence}`);
    if (this.#table.answeredAt > leasedAt) this.#fault(member.id, what);
  }

  #warn(message: string): void {
    this.#options.warn("WORKER", message);
  }
}
