// The container images, built and started, for `npm run test:images`: about five minutes, as root, with Debian's buildah.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/images/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 900_000 },
});
