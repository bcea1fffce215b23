// Many images go through a network in pieces, so that drawing and evaluating take no more memory than training.

/** A forward pass of so few images takes less than a step of one image with its gradients: smaller shards save nothing. */
const FEW = 8;

/**
 * Images that go through a network at once where `images` have to: in equal pieces of at most a shard, or of 8 where a
 * shard is less. The last piece may be short. It follows from the config alone, so bits do not depend on nodes and threads.
 */
export function pieceSize(images: number, shard: number): number {
  const pieces = Math.ceil(images / Math.max(shard, FEW));
  return Math.ceil(images / pieces);
}

/** Images `first … first + images - 1` of all. */
export interface Piece {
  readonly first: number;
  readonly images: number;
}

export function piecesOf(images: number, size: number): Piece[] {
  return Array.from({ length: Math.ceil(images / size) }, (_, i) => ({
    first: i * size,
    images: Math.min(size, images - i * size),
  }));
}
