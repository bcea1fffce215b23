// The tests that need libtensorflow, for `npm run test:tensorflow`, which provisions it first.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/tensorflow/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
