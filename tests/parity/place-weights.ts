// PyTorch's weights in Ganglion's flat vector: layer by layer, axes turned, every weight exactly once.
import { type Layout, type Slot, viewOf } from "../../shared/protocol/layout.ts";
import { STATE_PREFIX } from "../../shared/protocol/slot-names.ts";
import type { RecordedRun, RecordedWeight } from "./recorded-run.ts";

/**
 * The weights [P] that `kind` names. RangeError where a weight is missing on either side, or where a shape is not that of
 * the slot once its axes are turned.
 */
export function placeWeights(layout: Layout, run: RecordedRun, kind: "initial" | "final"): Float32Array {
  const flat = new Float32Array(layout.length);
  const free = new Map(layout.slots.map((slot) => [slot.name, slot]));
  for (const weight of run.weights) {
    const slot = slotOf(layout, weight);
    if (!free.delete(slot.name)) throw new RangeError(`${slot.name} is given twice`);
    const { data, shape } = turned(run.floats(`${kind}/${weight.tensor}`), weight);
    if (!joinsTo(shape, slot.shape))
      throw new RangeError(
        `${weight.tensor} is [${shape.join(", ")}], ${slot.name} [${slot.shape.join(", ")}]`,
      );
    viewOf(flat, slot).set(data);
  }
  if (free.size > 0) throw new RangeError(`PyTorch has no ${[...free.keys()].join(", ")}`);
  return flat;
}

/** `generator/04-conv2dTranspose/kernel` of the layer's number among those that have weights. */
function slotOf({ slots }: Layout, { network, layer, weight }: RecordedWeight): Slot {
  const own = slots.filter(({ name }) => plain(name).startsWith(`${network}/`));
  const layers = [...new Set(own.map(({ name }) => plain(name).split("/")[1]))].sort();
  const slot = own.find(({ name }) => plain(name) === `${network}/${layers[layer]}/${weight}`);
  if (!slot) throw new RangeError(`${network}/${layers[layer]} has no ${weight}`);
  return slot;
}

function plain(name: string): string {
  return name.startsWith(STATE_PREFIX) ? name.slice(STATE_PREFIX.length) : name;
}

/** The array in the order of Ganglion's axes. */
function turned(
  data: Float32Array,
  { tensor, view, axes, to }: RecordedWeight,
): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const size = view.reduce((product, length) => product * length, 1);
  if (
    size !== data.length ||
    view.length !== axes.length ||
    lettersOf(axes).sort().join() !== lettersOf(to).sort().join()
  )
    throw new RangeError(`${tensor} has ${data.length} values, which are no ${axes} of [${view.join(", ")}]`);
  const order = lettersOf(to).map((letter) => axes.indexOf(letter));
  const shape = order.map((axis) => view[axis]);
  const strides = view.map((_, axis) =>
    view.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const out = new Float32Array(size);
  const index = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    out[i] = data[order.reduce((at, axis, k) => at + index[k] * strides[axis], 0)];
    for (let k = shape.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0;
  }
  return { data: out, shape };
}

/** Whether neighbouring axes of `shape` make those of `wanted`: a map [H, W, C] is a vector's H·W·C numbers. */
function joinsTo(shape: readonly number[], wanted: readonly number[]): boolean {
  let axis = 0;
  for (const length of wanted) {
    let product = shape[axis++];
    while (product < length && axis < shape.length) product *= shape[axis++];
    if (product !== length) return false;
  }
  return axis === shape.length;
}

function lettersOf(axes: string): string[] {
  return axes.split("");
}
