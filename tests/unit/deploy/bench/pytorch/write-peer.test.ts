// What PyTorch's script is given of a run.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NetworkDescription } from "../../../../../deploy/bench/pytorch/describe-network.ts";
import { type Peer, writePeer } from "../../../../../deploy/bench/pytorch/write-peer.ts";
import { parseConfig } from "../../../../../shared/config/config.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const SMALL = parseConfig({
  model: { kind: "preset", name: "resnet", filters: 4 },
  latentSize: 3,
  batch: 64,
  shard: 64,
  length: { kind: "steps", steps: 1 },
});

interface Written {
  readonly networks: Readonly<Record<string, NetworkDescription>>;
  readonly weights: Readonly<Record<string, { readonly shape: readonly number[]; readonly offset: number }>>;
  readonly phases: readonly { readonly name: string; readonly inputs: object }[];
}

async function written(): Promise<readonly [Peer, Written, number]> {
  const folder = await temporaryFolder();
  const peer = await writePeer(SMALL, { imageShape: [8, 8, 1], classes: 0 }, folder);
  const text = await readFile(join(folder, "peer.json"), "utf8");
  return [peer, JSON.parse(text) as Written, (await readFile(join(folder, "peer.bin"))).length];
}

test("calls stand behind those whose values they take, each with its layer's weights and shapes", async () => {
  const [peer, { networks, weights, phases }, bytes] = await written();
  for (const { calls, output } of Object.values(networks)) {
    const known = new Set([0]);
    for (const call of calls) {
      expect(call.inputs.every((value) => known.has(value))).toBe(true);
      known.add(call.output);
      for (const stored of Object.values(call.weights)) expect(weights[stored]).toBeDefined();
    }
    expect(known.size).toBe(calls.length + 1); // no value is made twice
    expect(known.has(output)).toBe(true);
  }
  const { calls } = networks["generator"];
  expect(calls[0]).toMatchObject({ layer: "Dense", inputs: [0], inputShape: [3], outputShape: [128] });
  expect(calls[0].weights).toEqual({ kernel: "generator/01-dense/kernel", bias: "generator/01-dense/bias" });
  expect(calls.filter(({ layer }) => layer === "Add").map(({ inputs }) => inputs.length)).toEqual([2]);
  expect(phases).toEqual([{ name: "both", inputs: expect.objectContaining({ samples: expect.anything() }) }]);
  expect(Object.keys(peer.losses).sort()).toEqual(["both/discriminator", "both/generator"]);
  expect(peer.operationsPerSample).toBeGreaterThan(0);
  const floats = Object.values(weights).map(({ shape }) =>
    shape.reduce((product, size) => product * size, 1),
  );
  expect(bytes / 4).toBe(floats.reduce((sum, size) => sum + size, 4 * 64 + 4 * 3)); // and four samples, four vectors
});
