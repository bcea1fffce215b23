// Compiles tfjs-node-gpu's native addon from the source in the npm package, against a libtensorflow.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GanglionError } from "../../../shared/errors.ts";
import type { Library } from "./library.ts";
import { runTool } from "./tool.ts";

export interface BindingBuild {
  /** The npm package with `binding/*.cc`. */
  readonly package: string;
  readonly library: Library;
  /** Where the loader finds the libraries: absolute, or from the addon's place as `$ORIGIN/…`. */
  readonly runPath: string;
  readonly nodeHeaders?: string;
  readonly output: string;
}

/** The addon is plain Node-API: one build serves every Node from 20 on. */
const FLAGS = [
  "-O2",
  "-std=c++17",
  "-fPIC",
  "-shared",
  "-DNAPI_VERSION=8",
  "-DNODE_GYP_MODULE_NAME=tfjs_binding",
];

/** @throws GanglionError ENGINE when Node's headers or a C++ compiler are missing, or the compiler refuses */
export async function buildBinding(build: BindingBuild): Promise<void> {
  const { library, output, runPath } = build;
  const headers = build.nodeHeaders ?? join(dirname(dirname(process.execPath)), "include", "node");
  if (!existsSync(join(headers, "node_api.h"))) {
    throw new GanglionError(
      "ENGINE",
      `there is no node_api.h in ${headers}: install Node's headers (Debian: libnode-dev), or fetch them with npm pack node-api-headers, unpack, and give --node-headers package/include`,
    );
  }
  const sources = join(build.package, "binding");
  const patched = `${output}.patched`;
  await mkdir(patched);
  await writeFile(join(patched, BACKEND), forThreads(await readFile(join(sources, BACKEND), "utf8")));
  await runTool({
    command: process.env["CXX"] || "g++",
    arguments: [
      ...FLAGS,
      `-I${headers}`,
      `-I${library.include}`,
      `-I${sources}`,
      join(patched, BACKEND),
      join(sources, "tfjs_binding.cc"),
      "-o",
      output,
      ...library.libraries,
      `-Wl,-rpath,${runPath}`,
    ],
    purpose: "compile the binding",
    remedy:
      "it needs a C++17 compiler (Debian: apt-get install g++; or name one in CXX) and the headers of the same libtensorflow",
  });
  await rm(patched, { recursive: true });
}

const BACKEND = "tfjs_backend.cc";
const SHARED_NAMES = "static std::set<std::string> ATTR_NAME_SET;";

/**
 * The addon keeps the names of attributes in one set, to which all threads add without a lock: while they meet new
 * names, in their first steps, that may crash the process or hang a thread. Each thread gets a set of its own.
 */
function forThreads(source: string): string {
  if (!source.includes(SHARED_NAMES))
    throw new GanglionError(
      "ENGINE",
      `the binding's ${BACKEND} is not the version that Ganglion patches: use the @tensorflow/tfjs-node-gpu that Ganglion's package-lock names`,
    );
  return source.replace(SHARED_NAMES, SHARED_NAMES.replace("static", "static thread_local"));
}
