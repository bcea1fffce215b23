// The tests of `npm test`: unit tests import the sources, the others run the built program.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/broker/**", "tests/images/**", "tests/tensorflow/**", "tests/webgpu/**"], // npm run test:broker, …
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
