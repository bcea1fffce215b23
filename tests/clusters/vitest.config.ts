// Clusters of real processes, launched, scaled, cut off and contained, for `npm run test:clusters`: about ten minutes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/clusters/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
