// Small pictures of the sample grids, made when they are asked for, a few at a time, and kept in memory up to a limit.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { loadImageLibrary } from "../../../shared/data/pictures/image-library.ts";

export interface Thumbnail {
  /** WebP, at most `SIDE` pixels on its longer side. */
  readonly bytes: Buffer;
  /** Another one where the picture was drawn again. */
  readonly etag: string;
}

const SIDE = 192;
const QUALITY = 75;
/** Of all that are kept. */
const CACHE_BYTES = 32 << 20;
/** Threads of sharp are cores that the training lacks: one picture at a time. */
const AT_ONCE = 1;
/** Those that wait; a browser asks for a screenful, and again for what was refused. */
const MOST_WAITING = 512;
/** A grid is a few megabytes at most; more is not one. */
const MOST_FILE_BYTES = 64 << 20;
const MOST_PIXELS = 2 ** 26;

/** A regular file, never what a link points to; a pipe keeps no thread of Node waiting. */
const SAFELY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class Thumbnails {
  readonly #folder: string;
  readonly #cacheLimit: number;
  /** By name, oldest use first. */
  readonly #cache = new Map<string, Thumbnail>();
  readonly #making = new Map<string, Promise<Thumbnail | null>>();
  readonly #waiting: (() => void)[] = [];
  #cacheBytes = 0;
  #busy = 0;

  /**
   * @param folder with the pictures
   * @param cacheBytes kept at most
   */
  constructor(folder: string, cacheBytes = CACHE_BYTES) {
    this.#folder = folder;
    this.#cacheLimit = cacheBytes;
  }

  /** Bytes that are kept. */
  get sizeBytes(): number {
    return this.#cacheBytes;
  }

  /**
   * Of the picture of that name: null where there is none, `busy` where too many are waited for.
   *
   * @throws Error when the picture cannot be read or is none
   */
  async of(name: string): Promise<Thumbnail | null | "busy"> {
    const making = this.#making.get(name);
    if (making) return await making;
    if (this.#waiting.length >= MOST_WAITING) return "busy";
    const made = this.#inTurn(() => this.#make(name));
    this.#making.set(name, made);
    try {
      return await made;
    } finally {
      this.#making.delete(name);
    }
  }

  async #make(name: string): Promise<Thumbnail | null> {
    const file = await open(join(this.#folder, name), SAFELY).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ELOOP") return null;
      throw error;
    });
    if (!file) return null;
    try {
      return await this.#ofFile(name, file);
    } finally {
      await file.close();
    }
  }

  async #ofFile(name: string, file: FileHandle): Promise<Thumbnail | null> {
    const found = await file.stat();
    if (!found.isFile()) return null;
    if (found.size > MOST_FILE_BYTES)
      throw new Error(`${name} has ${found.size} bytes: it is no sample grid`);
    const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    const kept = this.#cache.get(name);
    if (kept?.etag === etag) {
      this.#cache.delete(name);
      this.#cache.set(name, kept);
      return kept;
    }
    const sharp = await loadImageLibrary();
    const bytes = await sharp(await file.readFile(), { limitInputPixels: MOST_PIXELS })
      .resize({ width: SIDE, height: SIDE, fit: "inside", withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer();
    const thumbnail = { bytes, etag };
    this.#keep(name, thumbnail);
    return thumbnail;
  }

  #keep(name: string, thumbnail: Thumbnail): void {
    this.#cacheBytes += thumbnail.bytes.length - (this.#cache.get(name)?.bytes.length ?? 0);
    this.#cache.delete(name);
    this.#cache.set(name, thumbnail);
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cacheBytes <= this.#cacheLimit) return;
      this.#cache.delete(oldest);
      this.#cacheBytes -= bytes.length;
    }
  }

  async #inTurn<T>(body: () => Promise<T>): Promise<T> {
    if (this.#busy >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await body();
    } finally {
      const next = this.#waiting.shift();
      if (next) next(); // it takes over the turn
      else this.#busy--;
    }
  }
}
