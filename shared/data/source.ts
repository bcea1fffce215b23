// What a format finds at the place that the user named: pictures to decode, or pixels as they are.
import type { Labels } from "./labels.ts";

/** A data set before it is decoded. Nothing of it is in memory but names and labels. */
export interface ImageSource {
  /** Of the format, as in "60,000 images of a …": `folder of pictures`, `zip archive`. */
  readonly format: string;
  /**
   * Whatever changes when the source's content does, such as names, sizes and times of its files: with equal lines, the
   * decoded copy in the cache is taken instead of the source.
   */
  readonly identity: readonly string[];
  /** [N], of the pictures by their index; null without labels. */
  readonly labels: Labels | null;
  /** The name of label `l` is `classNames[l]`; null where labels are numbers only. */
  readonly classNames: readonly string[] | null;
  /** What was found and passed over or decided, a sentence each, told once at the start. */
  readonly notes: readonly string[];
  /** What its user should mend, a sentence each. */
  readonly warnings: readonly string[];
  readonly content: PictureContent | PixelContent;
}

/** Encoded pictures of any sizes. */
export interface PictureContent {
  readonly kind: "pictures";
  /** N. */
  readonly count: number;
  /**
   * Each picture once, in the order in which the source is read best; `index` says its place in the data set. Read as
   * they are taken, and again with each call.
   *
   * @throws GanglionError DATA when the source itself is damaged: no picture can be read after that
   */
  readonly pictures: () => AsyncIterable<Picture>;
}

export interface Picture {
  /** 0 … N - 1: by code point of the names. */
  readonly index: number;
  /** For messages: the path below what the user named. */
  readonly name: string;
  /** PNG, JPEG, … as they are in the source; read when it is called. @throws whatever the system says */
  readonly bytes: () => Uint8Array | Promise<Uint8Array>;
}

/** Images of one shape, not encoded. */
export interface PixelContent {
  readonly kind: "pixels";
  /** Whether the source is read as fast as a copy in the cache would be: then none is made. Default: no. */
  readonly isFast?: boolean;
  /** N. */
  readonly count: number;
  /** [H, W, C]. */
  readonly imageShape: readonly [number, number, number];
  /**
   * [N, H, W, C] unsigned bytes, row-major, in pieces of any length.
   *
   * @throws GanglionError DATA when the source is damaged
   */
  readonly pixels: () => AsyncIterable<Uint8Array>;
}
