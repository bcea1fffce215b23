// What the binding is compiled and linked against: libtensorflow's libraries and headers in a folder.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { GanglionError } from "../../../shared/errors.ts";

/** Libraries to link with and headers to compile against. */
export interface Library {
  readonly libraries: readonly string[];
  readonly include: string;
}

/** Names of the library with the C API, the first that is found: libtensorflow's archives, then Python's package. */
const C_API = ["libtensorflow.so.2", "libtensorflow.so", "libtensorflow_cc.so.2"];
const FRAMEWORK = ["libtensorflow_framework.so.2", "libtensorflow_framework.so"];

/** In an unpacked libtensorflow archive (lib/, include/) or in Python's site-packages/tensorflow. */
export function findLibrary(folder: string): Library {
  for (const place of [folder, join(folder, "lib")]) {
    const [api, framework] = [C_API, FRAMEWORK].map((names) =>
      names.map((name) => join(place, name)).find((file) => existsSync(file)),
    );
    const include = join(folder, "include");
    if (api === undefined || framework === undefined) continue;
    if (existsSync(join(include, "tensorflow", "c", "eager", "c_api.h")))
      return { libraries: [api, framework], include };
    throw new GanglionError(
      "ENGINE",
      `${include} has no tensorflow/c/eager/c_api.h: give a folder with libtensorflow's headers beside its libraries`,
    );
  }
  throw new GanglionError(
    "ENGINE",
    `there is no libtensorflow in ${folder} (${listing(folder)}): give --libtensorflow an unpacked libtensorflow archive, or the folder tensorflow of Python's site-packages`,
  );
}

function listing(folder: string): string {
  return existsSync(folder) ? readdirSync(folder).slice(0, 8).join(", ") || "it is empty" : "no such folder";
}
