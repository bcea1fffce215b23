// A broker that is away for a real minute, for `npm run test:broker`: the files wait side by side, two minutes in all.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/broker/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    maxWorkers: 4,
  },
});
