// A layout says which named tensor lies where in a flat Float32Array.
import { createHash } from "node:crypto";

/** One tensor inside a flat vector; `offset` and `size` count elements, not bytes. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Slots sorted by name, back to back from offset 0; `hash` covers names and shapes. */
export interface Layout {
  readonly slots: readonly Slot[];
  readonly length: number;
  readonly hash: string;
}

/** A contiguous part of a flat vector, in elements. */
export interface Section {
  readonly offset: number;
  readonly length: number;
}

/** Lays tensors out in the order of their names (code unit order, so the same on every machine). */
export function createLayout(tensors: Iterable<{ name: string; shape: readonly number[] }>): Layout {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let offset = 0;
  const slots = sorted.map(({ name, shape }) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const slot: Slot = { name, shape: [...shape], offset, size };
    offset += size;
    return slot;
  });
  const duplicate = slots.find((slot, i) => i > 0 && slots[i - 1].name === slot.name);
  if (duplicate) throw new RangeError(`two tensors are named ${duplicate.name}`);
  const hash = createHash("sha256")
    .update(JSON.stringify(slots.map((slot) => [slot.name, slot.shape])))
    .digest("hex");
  return { slots, length: offset, hash };
}

/** The contiguous part that holds every slot whose name starts with `prefix`; empty when there is none. */
export function sectionOf(layout: Layout, prefix: string): Section {
  const inside = layout.slots.filter((slot) => slot.name.startsWith(prefix));
  if (inside.length === 0) return { offset: 0, length: 0 };
  const length = inside.reduce((sum, slot) => sum + slot.size, 0);
  return { offset: inside[0].offset, length };
}

/** A view (no copy) of one slot or section. */
export function viewOf(vector: Float32Array, part: Section | Slot): Float32Array {
  const length = "size" in part ? part.size : part.length;
  return vector.subarray(part.offset, part.offset + length);
}
