// A stream of bytes, cut anew.

/** The same bytes in pieces of `length`, only the last may be shorter. Each is a copy: readers of files reuse their buffers. */
export async function* cutPieces(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void> {
  let piece = new Uint8Array(length);
  let filled = 0;
  for await (const given of pieces) {
    for (let taken = 0; taken < given.length;) {
      const part = given.subarray(taken, taken + length - filled);
      piece.set(part, filled);
      [taken, filled] = [taken + part.length, filled + part.length];
      if (filled < length) continue;
      yield piece;
      [piece, filled] = [new Uint8Array(length), 0];
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
