// Members for tests of leases and rounds: they take leases at once and answer when the test says so.
import type { Member } from "../../coordinator/members/member.ts";
import type { MemberListener } from "../../coordinator/members/members.ts";
import type { AnswerListener } from "../../coordinator/members/sessions.ts";
import type { Lease, Message } from "../../shared/protocol/messages.ts";
import type { Connection } from "../../shared/transport/transport.ts";

export interface FakeMember extends Member {
  /** Everything that was sent to it. */
  readonly received: readonly Message[];
}

/** Stands where `Members` does; a test is the transport. */
export class FakeMembers {
  readonly #members: FakeMember[] = [];
  #listener: (MemberListener & AnswerListener) | null = null;
  /** Bodies of answers that were not given back yet. */
  readonly borrowed = new Set<Float32Array>();

  listen(listener: MemberListener & AnswerListener): void {
    this.#listener = listener;
  }

  ready(): FakeMember[] {
    return this.#members.filter(({ state }) => state === "ready");
  }

  all(): FakeMember[] {
    return [...this.#members];
  }

  benched(): FakeMember[] {
    return this.#members.filter(({ state }) => state === "benched");
  }

  bench(member: Member): void {
    member.state = "benched";
  }

  restore(member: Member): void {
    member.state = "ready";
    this.#listener?.ready(member);
  }

  join(id: string, threads = 1): FakeMember {
    const received: Message[] = [];
    const member: FakeMember = {
      id,
      threads,
      received,
      connection: recordingConnection(id, received),
      engine: "fake",
      device: "fake",
      numerics: "fake",
      state: "ready",
      prepareMs: 0,
      contributions: 0,
      faults: 0,
      shardMs: null,
    };
    this.#members.push(member);
    this.#listener?.ready(member);
    return member;
  }

  leave(member: FakeMember): void {
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#listener?.left(member);
  }

  fail(member: FakeMember, lease: number, reason = "out of memory"): void {
    this.#listener!.failed(member, lease, reason);
  }

  answer(member: FakeMember, lease: number, values: readonly number[] = [1]): void {
    const body = Float32Array.from(values);
    this.borrowed.add(body);
    const message = { type: "contribution", lease, version: 0, computeMs: Infinity } as const; // all of the time
    this.#listener!.contribution(member, message, {
      message,
      body,
      release: () => void this.borrowed.delete(body),
    });
  }
}

/** The leases a member holds: sent to it, and not cancelled. */
export function leasesOf({ received }: FakeMember): Lease[] {
  const cancelled = new Set(received.map((message) => (message.type === "cancel" ? message.lease : null)));
  return received.filter(
    (message): message is Lease => message.type === "lease" && !cancelled.has(message.id),
  );
}

function recordingConnection(peer: string, received: Message[]): Connection {
  return {
    peer,
    async send(message) {
      received.push(message);
    },
    async *receive() {},
    status: () => ({
      connected: true,
      sentBytes: 0,
      receivedBytes: 0,
      sentMessages: 0,
      receivedMessages: 0,
      rejected: {},
    }),
    async close() {},
    closed: new Promise(() => undefined),
  };
}
