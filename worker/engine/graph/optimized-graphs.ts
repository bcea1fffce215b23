// Graphs as ONNX Runtime has optimized them, kept on disk: a session of one is made in less than half the time.
import { createHash, randomUUID } from "node:crypto";
import { readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { makeFolder } from "../../../shared/make-folder.ts";

/** Raised when files are written otherwise: those of before are not found any more. */
const VERSION = 1;
const SUFFIX = ".graph";
const HASH_BYTES = 32;

/** Larger graphs are made anew (their constants are, which the optimizer has multiplied out); of all together the oldest go. */
const MOST_BYTES = { file: 2 ** 26, folder: 2 ** 29 };

export type CreateSession = (
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

/**
 * Files by the hash of a model and of `numerics`, the library's version and the processor: an optimized graph is right for
 * those alone. Each begins with the SHA-256 of the rest, and one that is not whole is made again. Whoever finds a file
 * finds it whole; where the folder cannot be used, sessions are made as if there were none.
 */
export class OptimizedGraphs {
  readonly #folder: string;
  readonly #numerics: string;
  readonly #most: typeof MOST_BYTES;

  constructor(folder: string, numerics: string, most = MOST_BYTES) {
    [this.#folder, this.#numerics, this.#most] = [folder, numerics, most];
  }

  /** A session of the model, from its optimized graph where that is kept; else it is kept from now on. */
  async open(
    create: CreateSession,
    model: Uint8Array,
    options: InferenceSession.SessionOptions,
  ): Promise<InferenceSession> {
    const identity = JSON.stringify([VERSION, this.#numerics, options.graphOptimizationLevel]);
    const key = createHash("sha256").update(identity).update(model).digest("hex");
    const file = join(this.#folder, key + SUFFIX);
    const kept = await readWhole(file);
    if (kept) {
      const session = await create(kept, { ...options, graphOptimizationLevel: "disabled" }).catch(
        () => null,
      );
      if (session) return session; // else a file that this library does not take: it is made again
    }
    const draft = join(this.#folder, `${randomUUID()}.tmp`);
    if (!(await canWrite(this.#folder, draft))) return create(model, options);
    try {
      const session = await create(model, { ...options, optimizedModelFilePath: draft }).catch(() => null);
      if (session === null) return await create(model, options); // its file could not be written; else this fails again
      await this.#keep(draft, file).catch(() => undefined); // a full disk, say: the next start makes it again
      return session;
    } finally {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  async #keep(draft: string, file: string): Promise<void> {
    const graph = await readFile(draft);
    if (graph.length > this.#most.file) return;
    const whole = Buffer.concat([createHash("sha256").update(graph).digest(), graph]);
    await writeFile(draft, whole);
    await rename(draft, file);
    await this.#shrink();
  }

  /** Those that were used the longest time ago go first. Others may do the same at this moment: what is gone is gone. */
  async #shrink(): Promise<void> {
    const names = await readdir(this.#folder); // with drafts that a crash has left: nobody uses them again
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const found = await stat(path).catch(() => null);
        return { path, bytes: found?.size ?? 0, used: found?.mtimeMs ?? 0 };
      }),
    );
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of files.toSorted((a, b) => a.used - b.used)) {
      if (total <= this.#most.folder) return;
      await rm(path, { force: true });
      total -= bytes;
    }
  }
}

/** The graph in a file, which counts as used now; null where there is none, or it is damaged. */
async function readWhole(file: string): Promise<Uint8Array | null> {
  const content = await readFile(file).catch(() => null);
  if (content === null) return null;
  const graph = content.subarray(HASH_BYTES);
  const isWhole = createHash("sha256").update(graph).digest().equals(content.subarray(0, HASH_BYTES));
  if (!isWhole) return null;
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined); // it has just gone, or is another user's
  return graph;
}

async function canWrite(folder: string, draft: string): Promise<boolean> {
  try {
    await makeFolder(folder);
    await writeFile(draft, "", { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}
