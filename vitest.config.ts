// The tests of `npm test`: unit tests import the sources, the others run the built program.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // npm run test:broker, …
    exclude: [
      "broker",
      "browser",
      "clusters",
      "images",
      "models",
      "parity",
      "soak",
      "tensorflow",
      "webgpu",
    ].map((suite) => `tests/${suite}/**`),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
