// NumPy's arrays of pixels: .npy, .npz, or a folder of them.
import type { DataFormat } from "../format.ts";
import { isNumpy } from "./find.ts";

export const numpy: DataFormat = {
  name: "numpy",
  isBuiltIn: false,
  takes: "NumPy arrays [N, H, W, C] (.npy, .npz)",
  recognizes: isNumpy,
  open: async (path, split, options) => (await import("./open.ts")).openNumpy(path, split, options),
};
