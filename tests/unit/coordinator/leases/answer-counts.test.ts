// What a coordinator has refused, counted once, wherever it was refused.
import { expect, test } from "vitest";
import { refusalsOf } from "../../../../coordinator/leases/answer-counts.ts";
import { createMemoryHub } from "../../../../shared/transport/memory.ts";

test("what did not become a message and contributions that were not taken are counted together", () => {
  const hub = createMemoryHub();
  const rejected = { checksum: 2, length: 1 };
  const status = () => ({ ...hub.status(), rejected });
  expect(refusalsOf({ status }, { refused: { stale: 3, length: 4 } })).toEqual({
    checksum: 2,
    length: 5,
    stale: 3,
  });
  expect(rejected).toEqual({ checksum: 2, length: 1 });
});
