// Adds to a program what its ReLUs give at most: one that gives 0 for every image is dead.
import type { Call, Program, ValueSpec } from "../../../shared/program/program.ts";
import { RELU_PREFIX } from "../../../shared/protocol/slot-names.ts";
import { type LayerPlaces, placeOf } from "../layer-places.ts";

const RELUS: ReadonlySet<string> = new Set(["Relu", "Relu6"]);

/** One scalar output for each ReLU of a layer, `relu/generator/02-re_lu/0`; those that no layer made are left out. */
export function withRelus(program: Program, places: LayerPlaces): Program {
  const values: ValueSpec[] = [...program.values];
  const calls: Call[] = [...program.calls];
  const outputs = [...program.outputs];
  const known = new Map<string, number>();
  for (const { kernel, outputs: made, origin } of program.calls) {
    const place = RELUS.has(kernel) ? placeOf(places, origin) : null;
    if (place === null) continue;
    const number = known.get(place) ?? 0;
    known.set(place, number + 1);
    const [x] = made;
    const largest = values.push({ shape: [], dtype: "float32" }) - 1;
    const attributes = { reductionIndices: values[x].shape.map((_, axis) => axis), keepDims: false };
    calls.push({ kernel: "Max", inputs: { x }, attributes, outputs: [largest], origin });
    outputs.push({ name: `${RELU_PREFIX}${place}/${number}`, value: largest });
  }
  return { ...program, values, calls, outputs };
}
