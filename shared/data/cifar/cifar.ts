// CIFAR-10 and CIFAR-100 in their binary version: a folder, or the archive as it is downloaded.
import type { DataFormat } from "../format.ts";

export const cifar: DataFormat = {
  name: "cifar",
  isBuiltIn: false,
  takes: "CIFAR-10 or CIFAR-100 (binary version)",
  // Loaded when a path is looked at: the table is part of every command.
  recognizes: async (path) => (await (await import("./find.ts")).findCifar(path)) !== null,
  async identify(path) {
    const { identityOf, isFile } = await import("../files/bytes.ts");
    return (await isFile(path)) ? [await identityOf(path)] : null;
  },
  open: async (path, split) => (await import("./open.ts")).openCifar(path, split),
};
