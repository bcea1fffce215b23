// Leases that are out: who gets what, who gets it too when it is late, and when it is taken back.
//
// What is late while somebody is idle is leased a second time, and the first valid answer wins (the backup tasks of
// MapReduce, Dean and Ghemawat 2004, section 3.6); every node gives the same bits, so it does not matter whose it is.
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { Alarm } from "./alarm.ts";
import type { Bench } from "./trust/bench.ts";
import type { Grant, Pending } from "./grant.ts";
import type { Item } from "./task.ts";
import { LATE, LEAST_SILENCE_MS, PAUSE_MS, deadlineMs, lateMs } from "./speed/deadlines.ts";
import { Loads } from "./speed/loads.ts";
import type { Member } from "../members/member.ts";
import type { Members } from "../members/members.ts";
import type { OutWork } from "./missing-work.ts";
import type { Expected, Pace } from "./speed/speed-model.ts";
import { Trials } from "./speed/probes.ts";

export interface GrantsOptions {
  readonly members: Pick<Members, "ready">;
  readonly pace: Pace;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Who has made mistakes, and when the first of those that get no work is back. */
  readonly bench: Pick<Bench, "isDoubted" | "returnsInMs">;
  /** By a timer: something is late or overdue, or somebody is back. */
  readonly review: () => void;
  /** A node did not answer in time, though another did since. */
  readonly silent: (member: Member, what: string) => void;
  /** The batch cannot go on. */
  readonly fail: (error: unknown) => void;
}

/** Leases of one item that are out at once, where nobody has done such work before. */
const MOST_OUT = 5;

export class Grants {
  readonly #options: GrantsOptions;
  readonly #out = new Map<number, Grant>();
  readonly #loads: Loads;
  /** Leases of the present batch that are not out any more. */
  readonly #retired = new Map<number, Pending>();
  readonly #trials = new Trials();
  readonly #alarm: Alarm;
  #waiting: Pending[] = [];
  #nextId = 1;
  #answeredAt = 0;

  constructor(options: GrantsOptions) {
    this.#options = options;
    this.#loads = new Loads(options.pace);
    this.#alarm = new Alarm(options.review, options.now);
  }

  /** Begins a batch. */
  offer(items: readonly Item[]): void {
    this.#waiting = items.map((item) => ({
      item,
      settled: false,
      failures: [],
      lastMember: null,
      overdue: 0,
      notBefore: 0,
      grantedAt: 0,
      out: 0,
    }));
    this.assign();
    for (const { pending, member } of this.#out.values()) {
      const { trial } = pending.item;
      if (!trial || trial === member || pending.out > 1 || this.#trials.has(trial)) continue;
      this.#grant(pending, trial);
    }
  }

  /** Whether no answer has come for much longer than the slowest of those that are due should need. */
  isSilent(): boolean {
    const due = [...this.#out.values()];
    const expectedMs = Math.max(0, ...due.map((grant) => this.#expected(grant).ms));
    const since = Math.max(this.#answeredAt, ...due.map(({ grantedAt }) => grantedAt));
    return due.length > 0 && this.#options.now() - since >= Math.max(LEAST_SILENCE_MS, LATE * expectedMs);
  }

  /** Ends a batch: what is still out is taken back. */
  clear(): void {
    this.#alarm.stop();
    for (const grant of this.#out.values()) this.#lose(grant);
    this.#retired.clear();
    this.#waiting = [];
  }

  /** What is out, and at which nodes; what no node has comes last. */
  out(): readonly OutWork[] {
    const waiting = this.#waiting.map(({ item }) => ({ work: item.work, node: null, sinceMs: 0 }));
    const out = [...this.#out.values()].map((grant) => ({
      work: grant.pending.item.work,
      node: grant.member.id,
      sinceMs: this.#elapsed(grant),
    }));
    return [...out, ...waiting];
  }

  get(id: number): Grant | undefined {
    return this.#out.get(id);
  }

  /** What an answer is to a lease that is not out any more: a duplicate where its item has a result, in this batch. */
  tooLate(id: number, member: Member, computeMs: number): "duplicate" | "stale" {
    const trial = this.#trials.answered(id, member);
    if (trial) {
      this.#observe(trial, computeMs);
      return "duplicate";
    }
    return this.#retired.get(id)?.settled ? "duplicate" : "stale";
  }

  /** Its answer is accepted; whoever has the same item too has lost. */
  settle(grant: Grant, computeMs: number): void {
    const { pending } = grant;
    this.#answeredAt = this.#options.now();
    this.#observe(grant, computeMs);
    pending.settled = true;
    this.#retire(grant);
    if (pending.out > 0) {
      for (const other of this.#out.values()) if (other.pending === pending) this.#lose(other);
    }
    this.#alarm.ringIn(PAUSE_MS); // somebody may be idle now
  }

  /** Takes a lease back; its item waits for another unless it is out a second time. */
  again(grant: Grant): void {
    const { pending, member } = grant;
    this.#takeBack(grant);
    pending.lastMember = member;
    if (pending.out === 0) this.#waiting.push(pending);
  }

  /** Takes back all that a member has: it is gone, or gets no work for now. */
  leave(member: Member): void {
    for (const grant of this.#out.values()) if (grant.member === member) this.again(grant);
    this.#trials.leave(member);
    this.assign();
  }

  /** Takes back what is overdue, and leases a second time what is late. */
  reviewTimes(): void {
    for (const grant of this.#out.values()) {
      if (this.#elapsed(grant) < grant.deadlineMs) continue;
      this.#beaten(grant);
      grant.pending.overdue++;
      this.again(grant);
      this.#tellSilent(grant, "it is leased again");
    }
    for (const grant of this.#trials.overdue(this.#options.now())) {
      this.#cancel(grant);
      this.#tellSilent(grant, "it has no others now, and will be tried again");
    }
    this.assign();
  }

  /** Gives what waits to its preferred member, or to whoever is done with it first; not to who failed at it, if it can be. */
  assign(): void {
    const ready = this.#options.members.ready();
    const waiting = this.#waiting;
    if (ready.length > 0) this.#waiting = [];
    for (const pending of ready.length > 0 ? waiting : []) {
      const { preferred } = pending.item;
      if (this.#isHeld(pending, ready)) {
        this.#waiting.push(pending);
        continue;
      }
      if (preferred && !pending.lastMember && ready.includes(preferred)) this.#grant(pending, preferred);
      else this.#grant(pending, this.#loads.soonest(pending.item, this.#trusted(pending, ready)));
    }
    this.#backUp();
  }

  #isHeld({ notBefore, failures }: Pending, ready: readonly Member[]): boolean {
    return this.#options.now() < notBefore && ready.every(({ id }) => hasFailed(failures, id));
  }

  /** Whom to give an item that was out before: those who have not failed at it, of them those without a mistake. */
  #trusted({ failures, lastMember }: Pending, ready: readonly Member[]): readonly Member[] {
    const { bench } = this.#options;
    const others = ready.filter((member) => member !== lastMember);
    const untried = others.filter(({ id }) => !hasFailed(failures, id));
    const sound = untried.filter(({ id }) => !bench.isDoubted(id));
    return [sound, untried, others, ready].find(({ length }) => length > 0)!;
  }

  /**
   * Leases what is late to whoever is idle: once, beside a trial, or again and again where nobody has ever done such work.
   * Then sets the timer for what is due next.
   */
  #backUp(): void {
    if (this.#out.size === 0 && this.#waiting.length === 0) return; // nobody waits for anyone
    const now = this.#options.now();
    const held = this.#waiting.map(({ notBefore }) => notBefore - now);
    let nextMs = Math.min(this.#options.bench.returnsInMs(), ...held.filter((ms) => ms > 0));
    for (const grant of this.#out.values()) {
      nextMs = Math.min(nextMs, grant.deadlineMs - this.#elapsed(grant));
      const { item, out, grantedAt } = grant.pending;
      const expected = this.#expected(grant);
      if (out >= (expected.from !== "this kind" ? MOST_OUT : item.trial ? 3 : 2)) continue;
      const lateInMs = lateMs(expected, this.#answeredAt - grantedAt) - (now - grantedAt);
      if (lateInMs > 0) nextMs = Math.min(nextMs, lateInMs);
      else {
        const idle = this.#others(grant.pending).filter((member) => this.#loads.of(member) === 0);
        if (idle.length > 0) this.#grant(grant.pending, this.#loads.soonest(item, idle));
      }
    }
    if (nextMs < Infinity) this.#alarm.ringIn(nextMs);
  }

  /** Who could do an item that is out: those without a mistake who have answered before, or whoever there is. */
  #others(pending: Pending): readonly Member[] {
    const { members, bench } = this.#options;
    const holders = new Set([...this.#out.values()].filter((grant) => grant.pending === pending).map((grant) => grant.member)); // prettier-ignore
    const others = members
      .ready()
      .filter((member) => !holders.has(member) && member !== pending.lastMember)
      .filter(({ id }) => !hasFailed(pending.failures, id));
    const sound = others.filter(({ id }) => !bench.isDoubted(id));
    const proven = sound.filter(({ contributions }) => contributions > 0);
    return [proven, sound].find(({ length }) => length > 0) ?? others;
  }

  #grant(pending: Pending, member: Member): void {
    const id = this.#nextId++;
    const { work, version, body, size } = pending.item;
    const load = this.#loads.add(member, size);
    const grantedAt = this.#options.now();
    const deadline = deadlineMs(this.#options.pace.expected(member, work, load), pending.overdue);
    this.#out.set(id, { id, pending, member, grantedAt, load, deadlineMs: deadline });
    pending.grantedAt = grantedAt;
    pending.out++;
    this.#send(
      member,
      member.connection.send({ type: "lease", id, version, deadlineMs: deadline, work }, body),
    );
  }

  #takeBack(grant: Grant): void {
    this.#retire(grant);
    this.#cancel(grant);
  }

  #cancel({ id, member }: Grant): void {
    this.#send(member, member.connection.send({ type: "cancel", lease: id }));
  }

  #retire({ id, pending, member }: Grant): void {
    this.#out.delete(id);
    this.#retired.set(id, pending);
    pending.out--;
    this.#loads.add(member, -pending.item.size);
  }

  /** Its answer is not needed any more. */
  #lose(grant: Grant): void {
    if (grant.pending.item.trial === grant.member) {
      this.#retire(grant);
      this.#trials.add(grant);
    } else {
      if (grant.pending.settled) this.#beaten(grant);
      this.#takeBack(grant);
    }
  }

  #observe(grant: Grant, computeMs: number): void {
    const { member, pending, load } = grant;
    const wasOverdue = pending.overdue > 0;
    const measured = { elapsedMs: this.#elapsed(grant), computeMs, wasOverdue };
    this.#options.pace.observe(member, pending.item.work, load, measured);
  }

  #beaten(grant: Grant): void {
    const { member, pending, load } = grant;
    this.#options.pace.beaten(member, pending.item.work, load, this.#elapsed(grant));
  }

  #expected({ member, pending, load }: Grant): Expected {
    return this.#options.pace.expected(member, pending.item.work, load);
  }

  #elapsed({ grantedAt }: Grant): number {
    return this.#options.now() - grantedAt;
  }

  /** Where nobody has answered since, it may be the network, or the work: then it is nobody's mistake. */
  #tellSilent({ member, grantedAt, deadlineMs: deadline }: Grant, consequence: string): void {
    const what = `did not answer a lease within ${Math.round(deadline / 1000)} s`;
    this.#options.warn("WORKER", `node ${member.id} ${what}: ${consequence}`);
    if (this.#answeredAt > grantedAt) this.#options.silent(member, what);
  }

  /** A connection that breaks tells `left` itself; a message that cannot be sent to anyone is a defect of this program. */
  #send(member: Member, sent: Promise<void>): void {
    sent.catch((error: unknown) => {
      if (error instanceof GanglionError && error.code === "PROTOCOL") this.#options.fail(error);
      else this.#options.log.debug({ node: member.id, error: messageOf(error) }, "not sent");
    });
  }
}

/** Whether a node has failed at an item, once at least. */
export function hasFailed(failures: Pending["failures"], id: string): boolean {
  return failures.some(({ node }) => node === id);
}
