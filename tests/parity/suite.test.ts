// `ganglion bench --suite` compares like with like: every model has PyTorch's parameters and first losses.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkSameWork } from "../../deploy/bench/pytorch/same-work.ts";
import { checkInPyTorch } from "../../deploy/bench/pytorch/script.ts";
import { prepareModel } from "../../deploy/bench/suite/measure-model.ts";
import { SUITE } from "../../deploy/bench/suite/models.ts";
import { PYTHON, lacking } from "./pytorch.ts";

const missing = await lacking();
if (missing !== null) console.warn(`skipped: ${missing}`);

test.skipIf(missing !== null).each(SUITE.map((model) => [model.name, model] as const))(
  "%s is the same in PyTorch",
  async (_, model) => {
    const folder = await mkdtemp(join(tmpdir(), "ganglion-suite-"));
    try {
      const { peer } = await prepareModel({ ...model, shard: 2 }, 1, folder);
      expect(Object.keys(peer.losses).length).toBeGreaterThan(0);
      checkSameWork(peer, await checkInPyTorch({ python: PYTHON, device: "cpu" }, folder, 2));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
