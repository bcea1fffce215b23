// Leases that are out: who gets what, who gets it too when it is late, and when it is taken back.
//
// What is late while somebody is idle is leased a second time, and the first valid answer wins (the backup tasks of
// MapReduce, Dean and Ghemawat 2004, section 3.6); every node gives the same bits, so it does not matter whose it is.
import { messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { Alarm } from "./alarm.ts";
import type { Grant, Pending } from "./grant.ts";
import type { Item } from "./lease-item.ts";
import { PAUSE_MS, lateMs, longestMs } from "./lease-times.ts";
import type { Member, Members } from "./members.ts";
import type { OutWork } from "./missing-work.ts";
import type { Pace } from "./pace.ts";
import { Trials } from "./trials.ts";

export interface GrantsOptions {
  readonly members: Pick<Members, "ready">;
  readonly pace: Pace;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

export class Grants {
  readonly #options: GrantsOptions;
  readonly #out = new Map<number, Grant>();
  /** Shards that each member has to do. */
  readonly #loads = new Map<Member, number>();
  /** Leases of the present batch that are not out any more. */
  readonly #retired = new Map<number, Pending>();
  readonly #trials = new Trials();
  readonly #alarm: Alarm;
  #waiting: Pending[] = [];
  #nextId = 1;
  #answeredAt = 0;

  constructor(options: GrantsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(() => this.review(), options.now);
  }

  /** Begins a batch. */
  offer(items: readonly Item[]): void {
    this.#waiting = items.map((item) => ({
      item,
      settled: false,
      failures: [],
      lastMember: null,
      overdue: 0,
      out: 0,
    }));
    this.assign();
    for (const { pending, member } of this.#out.values()) {
      const { trial } = pending.item;
      if (!trial || trial === member || pending.out > 1 || this.#trials.has(trial)) continue;
      this.#grant(pending, trial);
    }
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

  leave(member: Member): void {
    for (const grant of this.#out.values()) if (grant.member === member) this.again(grant);
    this.#trials.leave(member);
    this.assign();
  }

  /** Takes back what is overdue, and leases a second time what is late; by a timer, and when a test says so. */
  review(): void {
    for (const grant of this.#out.values()) {
      if (this.#elapsed(grant) < grant.deadlineMs) continue;
      this.#warnOf(grant, "it is leased again");
      this.#beaten(grant);
      grant.pending.overdue++;
      this.again(grant);
    }
    for (const grant of this.#trials.overdue(this.#options.now())) {
      this.#warnOf(grant, "it has no others now, and will be tried again");
      this.#cancel(grant);
    }
    this.assign();
  }

  /** Gives what waits to its preferred member, or to whoever is done with it first, another than the last if there is one. */
  assign(): void {
    const ready = this.#options.members.ready();
    if (ready.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) {
      const { preferred } = pending.item;
      if (preferred && !pending.lastMember && ready.includes(preferred)) this.#grant(pending, preferred);
      else {
        const others = ready.filter((member) => member !== pending.lastMember);
        this.#grant(pending, this.#soonest(pending.item, others.length > 0 ? others : ready));
      }
    }
    this.#backUp();
  }

  /** Leases what is late to whoever is idle, once; then sets the timer for what is late or overdue next. */
  #backUp(): void {
    const idle = this.#options.members.ready().filter((member) => this.#loadOf(member) === 0);
    let nextMs = Infinity;
    for (const grant of this.#out.values()) {
      const elapsed = this.#elapsed(grant);
      nextMs = Math.min(nextMs, grant.deadlineMs - elapsed);
      const { item, out, lastMember } = grant.pending;
      if (out > 1 || idle.length === 0) continue;
      const late = lateMs(this.#expectedMs(grant), this.#answeredAt - grant.grantedAt);
      if (elapsed < late) nextMs = Math.min(nextMs, late - elapsed);
      else {
        const others = idle.filter((member) => member !== lastMember);
        if (others.length === 0) continue;
        const member = this.#soonest(item, others);
        idle.splice(idle.indexOf(member), 1);
        this.#grant(grant.pending, member);
      }
    }
    if (nextMs < Infinity) this.#alarm.ringIn(nextMs);
  }

  /** The member that would be done with an item first; the first of equals. */
  #soonest({ work, size }: Item, members: readonly Member[]): Member {
    const doneAt = (member: Member): number => {
      const turns = (this.#loadOf(member) + size) / member.threads;
      return this.#options.pace.expectedMs(member, work, turns) ?? turns;
    };
    return members.reduce((best, member) => (doneAt(member) < doneAt(best) ? member : best));
  }

  #grant(pending: Pending, member: Member): void {
    const id = this.#nextId++;
    const { work, version, body, size } = pending.item;
    const load = this.#loadOf(member) + size;
    const turns = Math.ceil(load / member.threads);
    const grantedAt = this.#options.now();
    const deadline = longestMs(this.#options.pace.expectedMs(member, work, turns), pending.overdue);
    this.#out.set(id, { id, pending, member, grantedAt, turns, deadlineMs: deadline });
    this.#loads.set(member, load);
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
    const load = this.#loadOf(member) - pending.item.size;
    if (load > 0) this.#loads.set(member, load);
    else this.#loads.delete(member);
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
    const { member, pending, turns } = grant;
    const measured = { elapsedMs: this.#elapsed(grant), computeMs };
    this.#options.pace.observe(member, pending.item.work, turns, measured);
  }

  #beaten(grant: Grant): void {
    const { member, pending, turns } = grant;
    this.#options.pace.beaten(member, pending.item.work, turns, this.#elapsed(grant));
  }

  #loadOf(member: Member): number {
    return this.#loads.get(member) ?? 0;
  }

  #expectedMs({ member, pending, turns }: Grant): number | null {
    return this.#options.pace.expectedMs(member, pending.item.work, turns);
  }

  #elapsed({ grantedAt }: Grant): number {
    return this.#options.now() - grantedAt;
  }

  #warnOf({ member, deadlineMs }: Grant, consequence: string): void {
    this.#options.warn(
      "WORKER",
      `node ${member.id} did not answer a lease within ${Math.round(deadlineMs / 1000)} s: ${consequence}`,
    );
  }

  /** A connection that breaks tells `left` itself. */
  #send(member: Member, sent: Promise<void>): void {
    sent.catch((error: unknown) =>
      this.#options.log.debug({ node: member.id, error: messageOf(error) }, "not sent"),
    );
  }
}
