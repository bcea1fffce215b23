// Masks of WebSocket frames (RFC 6455, section 5.3): our nodes' are zeros, which cost nothing; taking off others' in JavaScript
// takes most of a receiver's time.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const require = createRequire(import.meta.url);
const builds = join(dirname(require.resolve("bufferutil/package.json")), "prebuilds");
const isBuilt = existsSync(join(builds, `${platform()}-${arch()}`));
if (!isBuilt)
  console.warn(`bufferutil has no build for ${platform()}-${arch()}: ws masks in JavaScript here`);

test.skipIf(!isBuilt)("masks are native code, with nothing compiled at installation", () => {
  const { mask, unmask } = require("bufferutil") as Record<"mask" | "unmask", (...of: unknown[]) => void>;
  const plain = require("bufferutil/fallback.js") as { readonly unmask: unknown };
  expect(unmask).not.toBe(plain.unmask); // what it falls back to where its build does not load
  const [bytes, key, masked] = [Buffer.from([1, 2, 3, 4, 5]), Buffer.from([255, 0, 1, 2]), Buffer.alloc(5)];
  mask(bytes, key, masked, 0, 5);
  expect([...masked]).toEqual([254, 2, 2, 6, 250]); // 1^255, 2^0, 3^1, 4^2, 5^255
  unmask(masked, key);
  expect(masked).toEqual(bytes);
});
