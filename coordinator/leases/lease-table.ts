// The leases that are out: puts them out, takes them back, and measures how long their answers take.
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Member } from "../members/member.ts";
import type { OutWork } from "./missing-work.ts";
import { deadlineMs, isSilent } from "./speed/deadlines.ts";
import { Probes } from "./speed/probes.ts";
import type { Expected, SpeedModel } from "./speed/speed-model.ts";
import type { Lease, OpenTask, Task } from "./task.ts";

export interface LeaseTableOptions {
  readonly speedModel: SpeedModel;
  readonly log: Log;
  /** Milliseconds. */
  readonly now: () => number;
  /** Hears of a message that cannot be sent to anyone: a defect of this program. */
  readonly fail: (error: GanglionError) => void;
}

export class LeaseTable {
  readonly #options: LeaseTableOptions;
  readonly #out = new Map<number, Lease>();
  /** By lease, the tasks of leases that are not out any more. */
  readonly #ended = new Map<number, OpenTask>();
  /** Shards that a member has to do; who has none is not in it. */
  readonly #loads = new Map<Member, number>();
  readonly #probes = new Probes();
  #newestId = 0;
  /** Milliseconds, by the clock: when the newest result was accepted. */
  #answeredAt = 0;

  constructor(options: LeaseTableOptions) {
    this.#options = options;
  }

  get answeredAt(): number {
    return this.#answeredAt;
  }

  get size(): number {
    return this.#out.size;
  }

  /** Oldest first; a lease that is put out or ended in the loop over them comes, or does not come. */
  leases(): IterableIterator<Lease> {
    return this.#out.values();
  }

  /** The lease of this number, where it is out and the member's. */
  find(id: number, member: Member): Lease | null {
    const lease = this.#out.get(id);
    return lease?.member === member ? lease : null;
  }

  holdersOf(task: OpenTask): ReadonlySet<Member> {
    return new Set([...this.leases()].filter((lease) => lease.task === task).map(({ member }) => member));
  }

  work(): OutWork[] {
    return [...this.leases()].map((lease) => ({
      work: lease.task.work,
      node: lease.member.id,
      sinceMs: this.elapsedMs(lease),
    }));
  }

  elapsedMs({ leasedAt }: Lease): number {
    return this.#options.now() - leasedAt;
  }

  /** How long a lease should take. */
  expected({ member, task, load }: Lease): Expected {
    return this.#options.speedModel.expected(member, task.work, load);
  }

  /** When a member would be done with a task, after all that it has to do, in milliseconds. */
  doneInMs(task: Task, member: Member): number {
    return this.#options.speedModel.expected(member, task.work, this.#loadOf(member) + task.size).ms;
  }

  isIdle(member: Member): boolean {
    return this.#loadOf(member) === 0;
  }

  /** Whether work is out, and no answer has come for much longer than one should need, five seconds at least. */
  isSilent(): boolean {
    const due = [...this.leases()];
    const expectedMs = Math.max(0, ...due.map((lease) => this.expected(lease).ms));
    const since = Math.max(this.#answeredAt, ...due.map(({ leasedAt }) => leasedAt));
    return due.length > 0 && isSilent(expectedMs, this.#options.now() - since);
  }

  /** Puts a lease out. */
  lease(task: OpenTask, member: Member): void {
    const { work, version, body, size, timeouts } = task;
    const id = ++this.#newestId;
    const load = this.#loadOf(member) + size;
    const leasedAt = this.#options.now();
    const deadline = deadlineMs(this.#options.speedModel.expected(member, work, load), timeouts);
    this.#out.set(id, { id, task, member, leasedAt, load, deadlineMs: deadline });
    this.#loads.set(member, load);
    task.leasedAt = leasedAt;
    task.leases++;
    this.#send(
      member,
      member.connection.send({ type: "lease", id, version, deadlineMs: deadline, work }, body),
    );
  }

  /** Puts a second lease out to the member that the task names as a probe, unless it has the first, or another probe. */
  probe({ task, member }: Lease): void {
    const { probe } = task;
    if (probe && probe !== member && task.leases === 1 && !this.#probes.has(probe)) this.lease(task, probe);
  }

  /** Ends a lease whose result is accepted; other leases of its task have lost. */
  settle(lease: Lease, computeMs: number): void {
    const { task } = lease;
    this.#answeredAt = this.#options.now();
    this.#observe(lease, computeMs);
    task.isDone = true;
    this.#end(lease);
    if (task.leases === 0) return;
    for (const other of this.leases()) if (other.task === task) this.#lose(other);
  }

  /** Ends a lease without a result. */
  takeBack(lease: Lease): void {
    this.#end(lease);
    this.#cancel(lease);
    lease.task.lastMember = lease.member;
  }

  /** Ends a lease whose time is up. */
  timeOut(lease: Lease): void {
    this.#observeTimeout(lease);
    lease.task.timeouts++;
    this.takeBack(lease);
  }

  /** Ends the probes whose task is done, and whose time is up. */
  timeOutProbes(): readonly Lease[] {
    const overdue = this.#probes.overdue(this.#options.now());
    for (const lease of overdue) this.#cancel(lease);
    return overdue;
  }

  /** Forgets the probe of a member that is gone, or gets no work. */
  forgetProbe(member: Member): void {
    this.#probes.leave(member);
  }

  /** What an answer is to a lease that is not out any more: a duplicate where its task has a result, in this batch. */
  tooLate(id: number, member: Member, computeMs: number): "duplicate" | "stale" {
    const probe = this.#probes.answered(id, member);
    if (probe) this.#observe(probe, computeMs);
    return probe || this.#ended.get(id)?.isDone ? "duplicate" : "stale";
  }

  /** Ends the batch: what is out is taken back, and answers to it are stale from now on. */
  clear(): void {
    for (const lease of this.leases()) this.#lose(lease);
    this.#ended.clear();
  }

  /** Ends a lease whose answer is not needed any more; a probe goes on, for its measurement. */
  #lose(lease: Lease): void {
    const isProbe = lease.task.probe === lease.member;
    if (lease.task.isDone && !isProbe) this.#observeTimeout(lease);
    this.#end(lease);
    if (isProbe) this.#probes.add(lease);
    else this.#cancel(lease);
  }

  #end({ id, task, member }: Lease): void {
    this.#out.delete(id);
    this.#ended.set(id, task);
    task.leases--;
    const load = this.#loadOf(member) - task.size;
    if (load > 0) this.#loads.set(member, load);
    else this.#loads.delete(member);
  }

  #loadOf(member: Member): number {
    return this.#loads.get(member) ?? 0;
  }

  #observe(lease: Lease, computeMs: number): void {
    const { member, task, load } = lease;
    const measured = { elapsedMs: this.elapsedMs(lease), computeMs, wasOverdue: task.timeouts > 0 };
    this.#options.speedModel.observe(member, task.work, load, measured);
  }

  /** The member needs at least as long as it has had. */
  #observeTimeout(lease: Lease): void {
    const { member, task, load } = lease;
    this.#options.speedModel.observeTimeout(member, task.work, load, this.elapsedMs(lease));
  }

  #cancel({ id, member }: Lease): void {
    this.#send(member, member.connection.send({ type: "cancel", lease: id }));
  }

  /** A connection that breaks is heard of as a member that left. */
  #send(member: Member, sent: Promise<void>): void {
    sent.catch((error: unknown) => {
      if (error instanceof GanglionError && error.code === "PROTOCOL") this.#options.fail(error);
      else this.#options.log.debug({ node: member.id, error: messageOf(error) }, "not sent");
    });
  }
}
