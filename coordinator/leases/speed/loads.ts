// How many shards each member has to do, and so who would be done with more of them first.
import type { Item } from "../task.ts";
import type { Member } from "../../members/member.ts";
import type { Pace } from "./speed-model.ts";

export class Loads {
  readonly #pace: Pick<Pace, "expected">;
  /** Shards; who has none is not in it. */
  readonly #loads = new Map<Member, number>();

  constructor(pace: Pick<Pace, "expected">) {
    this.#pace = pace;
  }

  of(member: Member): number {
    return this.#loads.get(member) ?? 0;
  }

  /** Changes a member's load by so many shards, and returns it. */
  add(member: Member, shards: number): number {
    const load = this.of(member) + shards;
    if (load > 0) this.#loads.set(member, load);
    else this.#loads.delete(member);
    return load;
  }

  /** The member that would be done with an item first; the first of equals. RangeError of none. */
  soonest({ work, size }: Pick<Item, "work" | "size">, members: readonly Member[]): Member {
    const doneInMs = (member: Member): number => this.#pace.expected(member, work, this.of(member) + size).ms;
    return members.reduce((best, member) => (doneInMs(member) < doneInMs(best) ? member : best));
  }
}
