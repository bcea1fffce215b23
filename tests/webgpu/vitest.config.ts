// The tests on a WebGPU device, for `npm run test:webgpu`: minutes where the GPU is chromium's software one.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/webgpu/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
