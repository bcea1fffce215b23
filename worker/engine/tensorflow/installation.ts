// Where libtensorflow and its binding are installed on this machine, by `ganglion setup tensorflow`.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { userCache } from "../../../shared/user-folders.ts";

const require = createRequire(import.meta.url);

/** What libtensorflow computes on; it takes the last GPU that it sees. */
export type TensorflowDevice = "cpu" | "cuda";

/** What a provisioned folder says of itself, in `installed.json`. */
export const InstalledSchema = z.object({
  /** libtensorflow's version, e.g. `2.21.0`. */
  tensorflow: z.string(),
  /** Version of the npm package whose binding was built. */
  package: z.string(),
  /** Where libtensorflow came from, in words. */
  source: z.string(),
  /** Which `BINDING_REVISION` was built. */
  revision: z.int().default(1),
});

export type Installed = z.infer<typeof InstalledSchema>;

export interface Installation extends Installed {
  readonly folder: string;
  /** The native addon; libtensorflow is found from it. */
  readonly binding: string;
}

/** Grows where the way the binding is built mends something: an older one is built anew. */
export const BINDING_REVISION = 2;

export const INSTALLED_FILE = "installed.json";
export const BINDING_FILE = "tfjs_binding.node";

/**
 * `GANGLION_TENSORFLOW`, or a folder of the user's cache ($XDG_CACHE_HOME, ~/.cache).
 *
 * @throws GanglionError ENGINE where there is neither
 */
export function tensorflowFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = userCache(environment);
  const folder = environment["GANGLION_TENSORFLOW"] || (cache && join(cache, "tensorflow"));
  if (folder) return folder;
  throw new GanglionError(
    "ENGINE",
    "this user has no home folder, where libtensorflow would lie: name a folder in GANGLION_TENSORFLOW",
  );
}

/** The installed npm package `@tensorflow/tfjs-node-gpu`: its folder and version. */
export function tfjsNodePackage(): { readonly folder: string; readonly version: string } {
  const file = require.resolve("@tensorflow/tfjs-node-gpu/package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return { folder: dirname(file), version };
}

/**
 * The provisioned folder, or else what the npm package's own install script left inside the package.
 *
 * @throws GanglionError ENGINE where there is neither, or where the folder was made for another package version
 */
export function findTensorflow(folder = tensorflowFolder(), device: TensorflowDevice = "cpu"): Installation {
  const { folder: packageFolder, version } = tfjsNodePackage();
  const file = join(folder, INSTALLED_FILE);
  if (existsSync(file)) return checked(readInstalled(file), folder, version);
  const own = join(packageFolder, "lib", `napi-v${napiVersion()}`, BINDING_FILE);
  if (existsSync(own)) {
    const { LIBTENSORFLOW_VERSION: tensorflow } =
      require("@tensorflow/tfjs-node-gpu/scripts/deps-constants.js") as { LIBTENSORFLOW_VERSION: string };
    const source = "the package's own download";
    return { tensorflow, package: version, source, revision: 1, folder: packageFolder, binding: own };
  }
  throw new GanglionError(
    "ENGINE",
    `the tensorflow engine has no libtensorflow in ${folder}: run ganglion setup tensorflow${device === "cuda" ? " --device cuda" : ""}`,
  );
}

function readInstalled(file: string): Installed {
  try {
    return InstalledSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? "fields are missing or wrong" : messageOf(cause);
    throw new GanglionError(
      "ENGINE",
      `${file} cannot be read (${reason}): run ganglion setup tensorflow --force`,
      { cause },
    );
  }
}

function checked(installed: Installed, folder: string, version: string): Installation {
  const binding = join(folder, BINDING_FILE);
  if (installed.package !== version || !existsSync(binding)) {
    throw new GanglionError(
      "ENGINE",
      `libtensorflow in ${folder} was set up for @tensorflow/tfjs-node-gpu ${installed.package}, installed is ${version}: run ganglion setup tensorflow --force`,
    );
  }
  if (installed.revision !== BINDING_REVISION) {
    throw new GanglionError(
      "ENGINE",
      `libtensorflow's binding in ${folder} was built by another version of Ganglion: run ganglion setup tensorflow`,
    );
  }
  return { ...installed, folder, binding };
}

/** The newest Node-API that both the package and this Node know. */
function napiVersion(): number {
  return Math.min(8, Number(process.versions["napi"]));
}
