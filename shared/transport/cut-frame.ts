// Cuts frames to the parts in which they travel.
import { copyBytes } from "../copy-bytes.ts";

/** Part `index` of the `count` parts that a frame is cut into. */
export interface Part {
  readonly index: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Cuts a frame, given in pieces, to parts of `partBytes`. Parts are views, or copies where they span two pieces. */
export function cutFrame(pieces: readonly Uint8Array[], partBytes: number): Part[] {
  const count = Math.ceil(pieces.reduce((sum, piece) => sum + piece.length, 0) / partBytes);
  let [piece, offset] = [0, 0];
  return Array.from({ length: count }, (_, index) => {
    const views: Uint8Array[] = [];
    for (let room = partBytes; room > 0 && piece < pieces.length;) {
      const view = pieces[piece].subarray(offset, offset + room);
      views.push(view);
      room -= view.length;
      offset += view.length;
      if (offset === pieces[piece].length) [piece, offset] = [piece + 1, 0];
    }
    return { index, count, bytes: views.length === 1 ? views[0] : joined(views) };
  });
}

function joined(views: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(views.reduce((sum, view) => sum + view.length, 0));
  let offset = 0;
  for (const view of views) {
    copyBytes(bytes, view, offset);
    offset += view.length;
  }
  return bytes;
}
