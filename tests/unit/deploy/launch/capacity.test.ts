// Scaling a cluster to a number that is a mistake must not bury a machine under processes.
import { expect, test } from "vitest";
import type { Host } from "../../../../deploy/launch/cluster-file/host.ts";
import { capacityOf } from "../../../../deploy/launch/capacity.ts";

const LOCAL: Host = { name: "h", reach: { kind: "local" }, threads: 1, environment: {} };
const SSH: Host = { ...LOCAL, reach: { kind: "ssh", address: "h", options: [] } };

test("this machine has room for four threads a core, and for what the file says", () => {
  expect(capacityOf(LOCAL, 2)).toBe(8);
  expect(capacityOf({ ...LOCAL, threads: 3 }, 2)).toBe(2);
  expect(capacityOf({ ...LOCAL, threads: 16 }, 2)).toBe(1);
  expect(capacityOf({ ...LOCAL, nodes: 20 }, 2)).toBe(20);
});

test("a host with GPUs has room for a node on each, another for 64, and a scheduler for as many as it has", () => {
  expect(capacityOf({ ...LOCAL, gpus: [1, 3, 4] }, 2)).toBe(3);
  expect(capacityOf(SSH, 2)).toBe(64);
  expect(capacityOf({ ...SSH, nodes: 100 }, 2)).toBe(100);
  expect(capacityOf({ ...LOCAL, reach: { kind: "command", command: "srun {command}" } }, 2)).toBe(Infinity);
});
