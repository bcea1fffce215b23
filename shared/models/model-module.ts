// A user's module with networks of his own: JavaScript or TypeScript, trusted code that only the coordinator loads.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import type { NetworkName } from "../config.ts";
import { GanglionError, messageOf } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Builder, Losses } from "./model-context.ts";

export type Builders = Partial<Readonly<Record<NetworkName, Builder>>>;

/** What a module may export: networks to build, losses, the Z it wants, the number of classes it is written for. */
export interface ModelModule {
  readonly builders: Builders;
  readonly losses?: Losses;
  readonly latentSize?: number;
  readonly classes?: number;
}

const NETWORKS = ["generator", "discriminator", "classifier"] as const satisfies readonly NetworkName[];
const EXPORTS: readonly string[] = [...NETWORKS, "losses", "latentSize", "classes"];

/** @throws GanglionError MODEL when it cannot be loaded, or exports something of a wrong type */
export async function loadModelModule(path: string): Promise<ModelModule> {
  const file = resolve(path);
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await importModule(file)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new GanglionError("MODEL", await whyNotLoaded(file, cause), { cause });
  }
  for (const name of [...NETWORKS, "losses"]) expectType(path, exported, name, "function");
  for (const name of ["latentSize", "classes"]) {
    const value = exported[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0))
      throw new GanglionError(
        "MODEL",
        `${path} exports ${name} ${JSON.stringify(value)}: give a whole number greater than 0`,
      );
  }
  if (!NETWORKS.some((name) => name in exported)) throw nothingToBuild(path, Object.keys(exported));
  const { losses, latentSize, classes } = exported;
  return {
    builders: Object.fromEntries(
      NETWORKS.filter((name) => name in exported).map((name) => [name, exported[name]]),
    ),
    ...(losses !== undefined && { losses: losses as Losses }),
    ...(latentSize !== undefined && { latentSize: latentSize as number }),
    ...(classes !== undefined && { classes: classes as number }),
  };
}

async function whyNotLoaded(file: string, cause: unknown): Promise<string> {
  const remedy = "give --model an ES module that exports generator(context) and discriminator(context)";
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return `there is no model module ${file}: ${remedy}`;
  return `the model module ${file} cannot be loaded: ${messageOf(cause)}; ${remedy}`;
}

/** Node 20 runs no TypeScript by itself. */
function importModule(file: string): Promise<unknown> {
  if (/\.[mc]?ts$/.test(file)) return createJiti(import.meta.url, { fsCache: false }).import(file);
  return import(pathToFileURL(file).href);
}

function expectType(
  path: string,
  exported: Readonly<Record<string, unknown>>,
  name: string,
  type: string,
): void {
  if (!(name in exported) || typeof exported[name] === type) return;
  throw new GanglionError(
    "MODEL",
    `${path} exports ${name} as ${typeof exported[name]}: export a ${type} of that name`,
  );
}

function nothingToBuild(path: string, names: readonly string[]): GanglionError {
  const near = names.map((name) => `${name} (${nearest(name, EXPORTS)}?)`).join(", ");
  return new GanglionError(
    "MODEL",
    `${path} has no generator: export function generator({ tf, imageShape, latentSize, classes }) and ` +
      `discriminator(…), each returning a tf.layers model${near && `; it exports ${near}`}`,
  );
}
