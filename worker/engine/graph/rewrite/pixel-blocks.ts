// Pixels repeated in blocks, and their sums: what nearest neighbours and means over tiles are traced as, by name.
//
// A trace has them as reshapes to [B·h, s, w, t, C] with an addition of zeros or a sum between, which hold images in tfjs's
// order; a call of their own can be lowered to images in any order, and is seen to leave samples apart.
import { type Call, type Program, sizeOf } from "../../../../shared/program/program.ts";
import { isSameShape } from "./program-editor.ts";
import { uniformValues } from "./uniform-value.ts";

/** Each pixel becomes a block of `rows` × `columns` like it: [B, h, w, C] -> [B, h·rows, w·columns, C]. Its gradient is the other. */
export const REPEAT_PIXELS = "RepeatPixels";
/** The sum of each block: [B, h·rows, w·columns, C] -> [B, h, w, C]. */
export const SUM_PIXELS = "SumPixels";

export interface PixelBlocks {
  readonly rows: number;
  readonly columns: number;
}

/** The same program with calls of these two; what they replace stays where others use it, or is left to be dropped. */
export function withPixelBlocks(program: Program): Program {
  const { values } = program;
  const makers = new Map(program.calls.map((call) => [call.outputs[0], call]));
  const uniform = uniformValues(program);
  const reshapedFrom = (value: number): number | null => {
    const maker = makers.get(value);
    return maker?.kernel === "Reshape" ? maker.inputs["x"] : null;
  };
  const found = (call: Call): Call | null => {
    const [output] = call.outputs;
    const blocks = reshapedFrom(output);
    const [, height, width, channels] = values[output].shape;
    if (blocks === null || values[output].shape.length !== 4 || sizeOf(values[output].shape) === 0)
      return null;
    const made = (kernel: string, x: number, rows: number, columns: number): Call => ({
      kernel,
      inputs: { x },
      attributes: { rows, columns },
      outputs: [output],
      origin: call.origin,
    });
    const maker = makers.get(blocks);
    if (maker?.kernel === "Add" && uniform.get(maker.inputs["b"]) === 0) {
      const x = reshapedFrom(maker.inputs["a"]);
      const [places, rows, across, columns] = values[blocks].shape;
      if (x === null || values[x].shape.length !== 4 || values[x].dtype !== "float32") return null;
      const [batch, high, wide, same] = values[x].shape;
      const isRepeated =
        isSameShape(values[maker.inputs["a"]].shape, [batch * high, 1, wide, 1, same]) &&
        isSameShape(values[blocks].shape, [batch * high, rows, wide, columns, same]) &&
        isSameShape(values[output].shape, [batch, high * rows, wide * columns, same]);
      return isRepeated && places > 0 && across > 0 ? made(REPEAT_PIXELS, x, rows, columns) : null;
    }
    const sum = maker?.kernel === "Reshape" ? makers.get(maker.inputs["x"]) : maker;
    if (sum?.kernel !== "Sum") return null;
    const x = reshapedFrom(sum.inputs["x"]);
    const [, rows, , columns] = values[sum.inputs["x"]].shape;
    if (x === null || values[x].shape.length !== 4 || values[x].dtype !== "float32") return null;
    const [batch] = values[x].shape;
    const isSummed =
      isSameShape(values[sum.inputs["x"]].shape, [batch * height, rows, width, columns, channels]) &&
      isSameShape(values[x].shape, [batch, height * rows, width * columns, channels]) &&
      isSameShape(values[output].shape, [batch, height, width, channels]) &&
      ["1,3", "3,1"].includes(String(sum.attributes["axis"] ?? sum.attributes["reductionIndices"]));
    return isSummed ? made(SUM_PIXELS, x, rows, columns) : null;
  };
  return {
    ...program,
    calls: program.calls.map((call) => (call.kernel === "Reshape" ? (found(call) ?? call) : call)),
  };
}
