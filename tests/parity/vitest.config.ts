// Whole runs against PyTorch's, for `npm run test:parity`: a few minutes; skipped, with a line that says so, without PyTorch.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/parity/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 1, // PyTorch takes all cores
  },
});
