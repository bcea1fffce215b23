// Where the images of a data set lie, and how one of them is read.
import { closeSync, openSync, readSync } from "node:fs";
import { GanglionError, messageOf } from "../errors.ts";

/** [N, H, W, C], unsigned bytes: 0 … 255 stands for -1 … 1. */
export type Images =
  | {
      readonly kind: "memory";
      /** In a SharedArrayBuffer, which every thread of the process reads in place. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "file";
      /** A packed data set, whose images begin at `offset`. */
      readonly file: string;
      readonly offset: number;
    };

/** Reads single images; of one thread. */
export interface ImageReader {
  /** [H, W, C] of image `id`; valid until the next call. */
  read(id: number): Uint8Array;
  close(): void;
}

/**
 * `imageBytes` is H · W · C. Images in a file are read by position as they are used, into one buffer: what lies in
 * memory of them is what the operating system keeps of the file.
 *
 * @throws GanglionError DATA when the file cannot be opened, `read` when it ends too soon
 */
export function openImages(images: Images, imageBytes: number): ImageReader {
  switch (images.kind) {
    case "memory":
      return {
        read: (id) => images.bytes.subarray(id * imageBytes, (id + 1) * imageBytes),
        close: () => undefined,
      };
    case "file":
      return openFile(images, imageBytes);
    default:
      return images satisfies never;
  }
}

function openFile({ file, offset }: Extract<Images, { kind: "file" }>, imageBytes: number): ImageReader {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (cause) {
    throw new GanglionError("DATA", `the data's file ${file} cannot be opened: ${messageOf(cause)}`, {
      cause,
    });
  }
  const image = new Uint8Array(imageBytes);
  return {
    read(id) {
      const bytes = readSync(descriptor, image, 0, imageBytes, offset + id * imageBytes);
      if (bytes === imageBytes) return image;
      throw new GanglionError(
        "DATA",
        `the data's file ${file} ends before image ${id}: it was changed while it was used`,
      );
    },
    close: () => closeSync(descriptor),
  };
}
