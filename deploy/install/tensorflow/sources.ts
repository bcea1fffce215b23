// Where libtensorflow can come from: a wheel of the Python package index, the npm package's own download, a folder.
import { join, resolve } from "node:path";
import type { TensorflowDevice } from "../../../worker/engine/tensorflow/installation.ts";
import { type Library, findLibrary } from "./library.ts";
import { fetchPackageDownload } from "./package-download.ts";
import { fetchWheel, requirementOf } from "./wheel.ts";

export type Source =
  | { readonly kind: "wheel"; readonly version: string; readonly device: TensorflowDevice }
  | { readonly kind: "package"; readonly device: TensorflowDevice }
  | { readonly kind: "folder"; readonly folder: string };

type Say = (sentence: string) => void;

/**
 * Brings libtensorflow into `folder` (a `folder` source stays where it is).
 *
 * @throws GanglionError ENGINE with the remedy
 */
export async function fetchLibrary(source: Source, folder: string, say: Say): Promise<Library> {
  switch (source.kind) {
    case "wheel":
      await fetchWheel(source, folder, say);
      return findLibrary(join(folder, "tensorflow"));
    case "package":
      await fetchPackageDownload(source.device, folder, say);
      return findLibrary(join(folder, "tensorflow"));
    case "folder":
      return findLibrary(resolve(source.folder));
    default:
      return source satisfies never;
  }
}

export function describeSource(source: Source): string {
  switch (source.kind) {
    case "wheel":
      return `${requirementOf(source)} from the Python package index`;
    case "package":
      return "the npm package's own download";
    case "folder":
      return resolve(source.folder);
    default:
      return source satisfies never;
  }
}
