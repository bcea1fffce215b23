// A user's module with networks of their own: JavaScript or TypeScript, trusted code that only the coordinator loads.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import type { NetworkName } from "../../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { editDistance, nearest } from "../../../../shared/config/nearest.ts";
import { loadWithOtherClock } from "../../trace/other-clock.ts";
import { kindOf } from "../../../../shared/regular-file.ts";
import { placedMessage } from "./failures.ts";
import type { Builder, Losses } from "./model-context.ts";
import { checkedLosses } from "./module-losses.ts";

export type Builders = Partial<Readonly<Record<NetworkName, Builder>>>;

/** What a module may export: networks to build, losses, the Z it wants, the number of classes it is written for. */
export interface ModelModule {
  /** The networks that the module itself brings; the builders of others explain that it lacks them. */
  readonly exported: readonly NetworkName[];
  readonly builders: Builders;
  readonly losses?: Losses;
  readonly latentSize?: number;
  readonly classes?: number;
}

type Exports = Readonly<Record<string, unknown>>;

const NETWORKS = ["generator", "discriminator", "classifier"] as const satisfies readonly NetworkName[];
const EXPORTS: readonly string[] = [...NETWORKS, "losses", "latentSize", "classes"];

/**
 * Loads a module by its path. One default export, an object, stands for named ones. A module that was loaded before is the
 * same one, unless it is to be run `anew` (without what it imports).
 *
 * @throws GanglionError MODEL when it cannot be loaded, or exports something of a wrong type
 */
export async function loadModelModule(path: string, anew = false): Promise<ModelModule> {
  const file = resolve(path);
  const load = (): Promise<unknown> => importModule(file, anew);
  const exported = namedExports((await (anew ? loadWithOtherClock(file, load) : load())) as Exports);
  for (const name of [...NETWORKS, "losses"]) expectFunction(path, exported, name);
  for (const name of ["latentSize", "classes"]) {
    const value = exported[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0))
      throw new GanglionError(
        "MODEL",
        `${path} exports ${name} ${JSON.stringify(value)}: give a whole number greater than 0`,
      );
  }
  if (!NETWORKS.some((name) => name in exported)) throw missingExport(path, "generator", exported);
  refuseSlips(path, exported);
  const { losses, latentSize, classes } = exported;
  return {
    exported: NETWORKS.filter((name) => name in exported),
    builders: buildersOf(path, exported),
    ...(losses !== undefined && { losses: checkedLosses(losses as Losses, file) }),
    ...(latentSize !== undefined && { latentSize: latentSize as number }),
    ...(classes !== undefined && { classes: classes as number }),
  };
}

/** A builder for each network; that of one which the module lacks says so, with the export that may be meant. */
function buildersOf(path: string, exported: Exports): Builders {
  const builders = NETWORKS.map((name): [NetworkName, Builder] => [
    name,
    name in exported
      ? (exported[name] as Builder)
      : () => {
          throw missingExport(path, name, exported);
        },
  ]);
  return Object.fromEntries(builders);
}

function namedExports(module: Exports): Exports {
  const whole = module["default"];
  const named = NETWORKS.some((name) => name in module);
  return named || typeof whole !== "object" || whole === null ? module : (whole as Exports);
}

/**
 * Node 20 runs no TypeScript by itself, and no `export` in a `.js` file of a CommonJS package: jiti does. Where JavaScript
 * does not parse at all, only jiti says in which line.
 */
async function importModule(file: string, anew: boolean): Promise<unknown> {
  const found = await stat(file).catch(() => null);
  const remedy = "give --model an ES module that exports generator(context) and discriminator(context)";
  if (!found) throw new GanglionError("MODEL", `there is no model module ${file}: ${remedy}`);
  if (!found.isFile())
    throw new GanglionError("MODEL", `${file} is ${kindOf(found)}, and no model module: ${remedy}`);
  const viaJiti = (): Promise<unknown> =>
    createJiti(import.meta.url, { fsCache: false, moduleCache: !anew }).import(file);
  try {
    if (/\.[mc]?ts$/.test(file)) return await viaJiti();
    return await import(`${pathToFileURL(file).href}${anew ? "?anew" : ""}`);
  } catch (cause) {
    let told = cause;
    if (cause instanceof SyntaxError) {
      try {
        return await viaJiti(); // a .js file in a folder whose package.json says commonjs
      } catch (again) {
        told = again;
      }
    }
    const message = placedMessage(file, told);
    const why = `the model module ${file} cannot be loaded: ${message}`;
    throw new GanglionError("MODEL", `${why}; ${remedyFor(message) ?? remedy}`, { cause });
  }
}

function remedyFor(message: string): string | null {
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1];
  if (missing === undefined) return null;
  if (missing.startsWith("@tensorflow/tfjs"))
    return "leave that import out: every builder is given `tf`, tfjs core and layers in one, as generator({ tf, … })";
  if (/^[./]/.test(missing)) return "write that file, or mend the path of the import";
  return "install that package in the module's own folder, with npm install";
}

function expectFunction(path: string, exported: Exports, name: string): void {
  if (!(name in exported) || typeof exported[name] === "function") return;
  throw new GanglionError(
    "MODEL",
    `${path} exports ${name} as ${typeof exported[name]}: export a function of that name`,
  );
}

function missingExport(path: string, name: NetworkName, exported: Exports): GanglionError {
  const others = Object.keys(exported).filter((key) => !EXPORTS.includes(key) && key !== "default");
  const meant = others.find((key) => nearest(key, EXPORTS) === name && alike(key, name));
  const found =
    meant === undefined
      ? others.length > 0 && `; it exports ${others.join(", ")}`
      : `; did you mean that by ${meant}?`;
  return new GanglionError(
    "MODEL",
    `${path} has no ${name}: export function ${name}({ tf, imageShape, latentSize, classes }) that returns a tf.layers model${found || ""}`,
  );
}

/** `loss` in the place of `losses`: left alone, the run would train with other losses than its user thinks. */
function refuseSlips(path: string, exported: Exports): void {
  const absent = EXPORTS.filter((name) => !(name in exported));
  for (const key of Object.keys(exported).filter((name) => !EXPORTS.includes(name))) {
    const meant = absent.find((name) => editDistance(key.toLowerCase(), name.toLowerCase()) <= 2);
    if (meant === undefined || (NETWORKS as readonly string[]).includes(meant)) continue; // who needs the network will ask
    throw new GanglionError(
      "MODEL",
      `${path} exports ${key}, which means nothing here: did you mean ${meant}? (Rename it, or do not export it.)`,
    );
  }
}

/** Close enough to be a slip: they begin alike, whatever the case, or one holds the other. */
function alike(word: string, name: string): boolean {
  const [a, b] = [word.toLowerCase(), name.toLowerCase()];
  return a.slice(0, 2) === b.slice(0, 2) || a.slice(-4) === b.slice(-4) || a.includes(b);
}
