// Networks as users write them, training that goes wrong, and many random models, for `npm run test:models`: about ten minutes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/models/**/*.test.ts", "tests/equivalence/random-models.test.ts"],
    env: { GANGLION_MODELS: process.env["GANGLION_MODELS"] ?? "200" },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
