// The convolutions that the cost model is fitted on: those of common networks, and some that no network here has.

/** An image [batch, size, size, channels], a filter [taps, taps, channels, outChannels]. */
export interface Layer {
  readonly size: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly taps: number;
  readonly stride: number;
  readonly batch: number;
}

const layer = (
  size: number,
  channels: number,
  outChannels: number,
  taps: number,
  stride: number,
  batch: number,
): Layer => ({ size, channels, outChannels, taps, stride, batch });

export const LAYERS: readonly Layer[] = [
  // DCGAN: 4×4, stride 2, at 28 to 128 pixels
  layer(14, 32, 64, 4, 2, 64),
  layer(14, 64, 128, 4, 2, 16),
  layer(14, 64, 128, 4, 2, 64),
  layer(16, 32, 64, 4, 2, 16),
  layer(16, 64, 128, 4, 2, 16),
  layer(8, 128, 256, 4, 2, 8),
  layer(8, 128, 256, 4, 2, 16),
  layer(8, 128, 256, 4, 2, 64),
  layer(64, 64, 128, 4, 2, 8),
  layer(32, 32, 64, 4, 2, 16),
  layer(32, 64, 128, 4, 2, 16),
  layer(32, 128, 256, 4, 2, 8),
  layer(16, 128, 256, 4, 2, 8),
  layer(16, 128, 256, 4, 2, 16),
  layer(8, 256, 512, 4, 2, 8),
  layer(8, 256, 512, 4, 2, 16),
  layer(8, 256, 512, 4, 2, 64),
  layer(8, 512, 1024, 4, 2, 8),
  layer(4, 512, 64, 4, 4, 16),
  // residual networks: 3×3
  layer(4, 128, 128, 3, 1, 16),
  layer(8, 128, 128, 3, 1, 16),
  layer(8, 128, 128, 3, 1, 64),
  layer(16, 128, 128, 3, 1, 16),
  layer(32, 64, 64, 3, 1, 16),
  layer(32, 128, 128, 3, 1, 16),
  layer(4, 256, 256, 3, 1, 16),
  layer(8, 256, 256, 3, 1, 16),
  layer(16, 256, 256, 3, 1, 8),
  layer(16, 256, 256, 3, 1, 16),
  layer(32, 256, 256, 3, 1, 8),
  layer(4, 512, 512, 3, 1, 16),
  layer(8, 512, 256, 3, 1, 8),
  layer(64, 32, 32, 3, 1, 8),
  layer(16, 16, 32, 3, 1, 16),
  layer(8, 8, 8, 3, 1, 16),
  layer(28, 8, 16, 3, 1, 32),
  layer(32, 128, 128, 3, 2, 8),
  // 5×5 and 7×7
  layer(7, 128, 128, 5, 1, 64),
  layer(14, 128, 128, 5, 2, 64),
  layer(14, 64, 128, 5, 2, 64),
  layer(28, 128, 128, 5, 2, 16),
  layer(16, 64, 64, 5, 1, 16),
  layer(32, 32, 32, 7, 1, 8),
  layer(16, 64, 128, 1, 2, 16),
];
