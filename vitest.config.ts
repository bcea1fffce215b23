// Every test of the project: unit tests import the sources, the others run the built program.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/tensorflow/**"], // want libtensorflow: npm run test:tensorflow
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
