// Lets nodes look at real and generated images for the guard: a probe, whose result changes nothing of the run.
import type { Leases } from "../leases/leases.ts";
import type { Results, Task } from "../leases/task.ts";
import type { NowValues } from "../../shared/program/now-inputs.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import type { Plan, Work } from "../../shared/protocol/messages.ts";
import { RELU_PREFIX } from "../../shared/protocol/slot-names.ts";
import type { Look } from "../guard/images/look.ts";

/** Real images that a probe looks at, and as many generated ones, unless a shard or the data are more or fewer. */
const IMAGES = 64;
/** Steps between two probes … */
const STEPS = 50;
/** … and images that training uses between them for each that a probe looks at, so that it costs next to nothing. */
const SHARE = 50;

export interface ProbeOptions {
  readonly plan: Plan;
  /** N, samples an epoch. */
  readonly epochSize: number;
  /** Steps done, and samples used. */
  readonly cursor: { readonly step: number; readonly position: number };
  /** Weights version. */
  readonly version: number;
  readonly now?: NowValues;
  readonly leases: Pick<Leases, "complete">;
  readonly signal: AbortSignal;
}

/** Whether a probe is due after a step: every 50th, or more seldom where batches are small. */
export function isProbeDue(step: number, size: ProbeSize): boolean {
  return size.plan.probe !== null && step % firstProbe(size) === 0;
}

/** The step after which the first probe is due, and the steps from one to the next; Infinity where there are none. */
export function firstProbe({ plan, batch, epochSize }: ProbeSize): number {
  if (!plan.probe) return Number.POSITIVE_INFINITY;
  const images = imagesOf({ plan, epochSize });
  return Math.max(STEPS, Math.ceil((SHARE * images) / batch));
}

interface ProbeSize {
  readonly plan: Pick<Plan, "probe">;
  readonly epochSize: number;
  /** Samples a step. */
  readonly batch: number;
}

/** Whole shards. */
function imagesOf({ plan, epochSize }: Omit<ProbeSize, "batch">): number {
  const { batch } = plan.probe!;
  return batch * Math.max(1, Math.min(Math.ceil(IMAGES / batch), Math.floor(epochSize / batch)));
}

interface ProbeTask extends Task {
  readonly work: Extract<Work, { kind: "probe" }>;
}

/**
 * What the images look like with the present weights: the first samples of the epoch (all different ones) beside as many
 * generated ones. Null where a number of it is not finite, which the next step finds too.
 *
 * @throws GanglionError as `Leases.complete`
 */
export async function probe(options: ProbeOptions): Promise<Look | null> {
  const { plan, epochSize, cursor, version, now, leases, signal } = options;
  const { batch, result: layout } = plan.probe!;
  const { step } = cursor;
  const position = cursor.position - (cursor.position % epochSize);
  const count = imagesOf(options);
  const tasks: ProbeTask[] = [];
  for (let first = 0; first < count; first += batch) {
    const work = { kind: "probe", step, first, position, ...(now && { now }) } as const;
    tasks.push({ work, version, size: 1 });
  }
  const parts: Float32Array[] = [];
  const results: Results<ProbeTask> = {
    accept({ work }, vector, _member, envelope) {
      if (vector.length !== layout.length) return "length";
      parts[work.first / batch] = vector.slice();
      envelope.release();
      return null;
    },
  };
  await leases.complete(tasks, results, signal);
  if (!parts.every((part) => part.every(Number.isFinite))) return null;
  const rows: Record<string, Float32Array[]> = {};
  const relus = new Map<string, number>();
  for (const part of parts) {
    for (const slot of layout.slots) {
      const view = viewOf(part, slot);
      if (slot.name.startsWith(RELU_PREFIX)) {
        const [largest] = view;
        relus.set(slot.name, Math.max(relus.get(slot.name) ?? 0, largest));
      } else {
        const length = slot.size / batch;
        const own = (rows[slot.name] ??= []);
        for (let i = 0; i < batch; i++) own.push(view.subarray(i * length, (i + 1) * length));
      }
    }
  }
  return { rows, relus: new Map([...relus].map(([name, largest]) => [layerOf(name), largest])) };
}

/** `relu/generator/02-re_lu/0`: that layer. */
function layerOf(name: string): string {
  return name.slice(RELU_PREFIX.length, name.lastIndexOf("/"));
}
