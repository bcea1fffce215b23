// Long runs on real processes that come and go, for `npm run test:soak`; GANGLION_SOAK_STEPS says how long.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/soak/**/*.test.ts"],
    testTimeout: 6 * 3600_000, // a run that stands still is noticed within a minute or two
    hookTimeout: 6 * 3600_000,
    maxWorkers: 1,
    disableConsoleIntercept: true, // progress is to be seen as it is made
  },
});
