// `model/` in a run's folder: the user's module in one file, saved networks, and an index with their hashes.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { makeFolder } from "../../../shared/make-folder.ts";
import { isRegularFile, readRegularBytes, readRegularFile } from "../../../shared/regular-file.ts";
import { type NetworkCopy, weightsFile } from "../../compiler/models/users/copy/copy-network.ts";
import type { ModelCopy } from "../../compiler/models/users/copy/model-copy.ts";
import { replaceFile } from "./durable-file.ts";
import type { RunPaths } from "../run-paths.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const indexSchema = z.object({
  module: z.object({ file: z.string(), sha256: hash, original: hash }).nullable(),
  networks: z.record(z.string(), z.object({ file: z.string(), original: hash })),
});
type Index = z.infer<typeof indexSchema>;

/**
 * Writes the copy to the run's folder; a run without one gets no `model/`.
 *
 * @throws GanglionError RUN_FOLDER when a file cannot be written
 */
export async function recordModel(
  { model: folder }: Pick<RunPaths, "model">,
  copy: ModelCopy,
): Promise<void> {
  const files = filesOf(copy);
  if (files.length === 0) return;
  try {
    const index = `${JSON.stringify(indexOf(copy), null, 2)}\n`;
    if ((await readRegularFile(join(folder, INDEX)).catch(() => null)) === index) return; // it is there, perhaps with weights
    await makeFolder(folder);
    for (const [name, content] of files) await replaceFile(join(folder, name), content);
    await replaceFile(join(folder, INDEX), index); // last: with it the copy is whole
  } catch (error) {
    const message = `cannot write ${folder}: ${messageOf(error)}; make room, or choose another folder with --out`;
    throw new GanglionError("RUN_FOLDER", message, { cause: error });
  }
}

/**
 * The copy in a run's folder; null where it has none.
 *
 * @throws GanglionError RUN_FOLDER when it is damaged: a file is not what the index says
 */
export async function readModel({ model: folder }: Pick<RunPaths, "model">): Promise<ModelCopy | null> {
  const index = join(folder, INDEX);
  if (!(await isRegularFile(index))) return null;
  try {
    const { module, networks } = indexSchema.parse(JSON.parse(await readRegularFile(index)));
    const copies: Record<string, NetworkCopy> = {};
    for (const [name, { original }] of Object.entries(networks)) {
      const description: unknown = JSON.parse(await readRegularFile(join(folder, `${name}.json`)));
      const bin = join(folder, weightsFile(name));
      const weights = (await isRegularFile(bin)) ? await readRegularBytes(bin) : null;
      copies[name] = { description: description as NetworkCopy["description"], weights, original };
    }
    return { module: module && (await readModule(folder, module)), networks: copies };
  } catch (error) {
    const message = `the run's copy of its model in ${folder} cannot be used: ${messageOf(error)}; put it back as it was, or remove ${folder}, and what the config names is taken`;
    throw new GanglionError("RUN_FOLDER", message, { cause: error });
  }
}

async function readModule(
  folder: string,
  { file, sha256, original }: NonNullable<Index["module"]>,
): Promise<ModelCopy["module"]> {
  if (!/^[\w.-]+\.mjs$/.test(file))
    throw new Error(`${INDEX} names the module ${JSON.stringify(file)}, which is no name of a copy`);
  const source = await readRegularFile(join(folder, file));
  const actual = hashOf(source);
  if (actual !== sha256) throw new Error(`${file} has hash ${actual}, and ${INDEX} says ${sha256}`);
  return { name: file, source, original };
}

/** The config fields that take the place of the run's own while its networks are built. */
export type ModelFiles = Partial<Pick<RunConfig, "model" | "networks">>;

/** The config with these files in the place of those that it names. */
export function withFiles(config: RunConfig, { model, networks }: ModelFiles): RunConfig {
  return { ...config, ...(model && { model }), networks: { ...config.networks, ...networks } };
}

/** Runs `use` with the copy as files, in a folder of its own that is gone afterwards. */
export async function withModelFiles<T>(copy: ModelCopy, use: (files: ModelFiles) => Promise<T>): Promise<T> {
  const contents = filesOf(copy);
  if (contents.length === 0) return use({});
  const folder = await mkdtemp(join(tmpdir(), "ganglion-model-"));
  try {
    for (const [name, content] of contents) await writeFile(join(folder, name), content, { flag: "wx" });
    const { module, networks } = copy;
    const paths = Object.keys(networks).map((name) => [name, join(folder, `${name}.json`)]);
    return await use({
      ...(module && { model: { kind: "module", file: join(folder, module.name) } }),
      ...(paths.length > 0 && { networks: Object.fromEntries(paths) as RunConfig["networks"] }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What tells one module's copy from another: SHA-256, hex. */
export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex");
}

const INDEX = "index.json";

function indexOf({ module, networks }: ModelCopy): Index {
  const own = module && { file: module.name, sha256: hashOf(module.source), original: module.original };
  const saved = Object.entries(networks).map(([name, { original }]) => [
    name,
    { file: `${name}.json`, original },
  ]);
  return { module: own, networks: Object.fromEntries(saved) as Index["networks"] };
}

function filesOf({ module, networks }: ModelCopy): readonly (readonly [string, string | Uint8Array])[] {
  const saved = Object.entries(networks).flatMap(([name, { description, weights }]) => [
    [`${name}.json`, `${JSON.stringify(description)}\n`] as const,
    ...(weights ? [[weightsFile(name), weights] as const] : []),
  ]);
  return [...(module ? [[module.name, module.source] as const] : []), ...saved];
}
