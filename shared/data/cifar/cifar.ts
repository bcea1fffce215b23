// CIFAR-10 and CIFAR-100 in their binary version: a folder, or the archive as it is downloaded.
import type { DataFormat } from "../format.ts";
import { findCifar } from "./find.ts";

export const cifar: DataFormat = {
  name: "cifar",
  isBuiltIn: false,
  takes: "CIFAR-10 or CIFAR-100 (binary version)",
  recognizes: async (path) => (await findCifar(path)) !== null,
  open: async (path, split) => (await import("./open.ts")).openCifar(path, split),
};
