// The row of the built-in data set `strokes`; what draws is loaded when it draws.
import type { DataFormat } from "../format.ts";

const NAME = "strokes";

export const strokes: DataFormat = {
  name: NAME,
  isBuiltIn: true,
  takes: `"${NAME}" (built in)`,
  recognizes: (source) => Promise.resolve(source === NAME),
  async open(_source, split, options) {
    const { openStrokes } = await import("./strokes.ts");
    return openStrokes({ ...options, split });
  },
};
