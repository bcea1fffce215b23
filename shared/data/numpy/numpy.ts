// NumPy's arrays of pixels: .npy, .npz, or a folder of them.
import type { DataFormat } from "../format.ts";

export const numpy: DataFormat = {
  name: "numpy",
  isBuiltIn: false,
  takes: "NumPy arrays [N, H, W, C] (.npy, .npz)",
  // Loaded when a path is looked at: the table is part of every command.
  recognizes: async (path) => (await import("./find.ts")).isNumpy(path),
  open: async (path, split, options) => (await import("./open.ts")).openNumpy(path, split, options),
};
