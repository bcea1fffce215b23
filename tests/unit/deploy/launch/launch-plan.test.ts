// The commands of a cluster, as --dry-run prints them; a real shell reads what was quoted for it.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { brokerConfig } from "../../../../deploy/launch/broker-config.ts";
import type { Cluster } from "../../../../deploy/launch/cluster-file/cluster.ts";
import type { Host } from "../../../../deploy/launch/cluster-file/host.ts";
import {
  coordinatorFlags,
  natsUrl,
  nodeName,
  placementOn,
  placementsOf,
  planNode,
  shellLine,
} from "../../../../deploy/launch/launch-plan.ts";
import { reachableHosts } from "../../../../shared/transport/tls/own-addresses.ts";

const host = (change: Partial<Host>): Host => ({
  name: "h",
  reach: { kind: "local" },
  threads: 1,
  environment: {},
  ...change,
});
const cluster = (hosts: Host[], run: Cluster["run"] = {}): Cluster => ({
  run,
  coordinator: { listen: "127.0.0.1:0" },
  broker: { kind: "none" },
  defaults: { threads: 1, environment: {} },
  hosts,
});

test("there is a node for each GPU, or for each of the nodes, or one", () => {
  const places = placementsOf(
    cluster([host({ name: "a", gpus: [1, 3] }), host({ name: "b", nodes: 2 }), host({ name: "c" })]),
  );
  expect(places.map((place) => [nodeName(place), place.gpu])).toEqual([
    ["a-0", 1],
    ["a-1", 3],
    ["b-0", null],
    ["b-1", null],
    ["c-0", null],
  ]);
});

test("the run's flags are written as on a command line; what is false is left out", () => {
  const run = { preset: "mnist", learningRate: 0.001, quiet: true, json: false };
  expect(coordinatorFlags(cluster([host({})], run))).toEqual([
    "--preset",
    "mnist",
    "--learning-rate",
    "0.001",
    "--quiet",
    "--listen",
    "127.0.0.1:0",
  ]);
});

test("a node on a GPU sees only that one, by nvidia-smi's number", () => {
  const { environment } = planNode(placementOn(host({ gpus: [1, 3] }), 1), "ws://x");
  expect(environment).toMatchObject({ CUDA_VISIBLE_DEVICES: "3", CUDA_DEVICE_ORDER: "PCI_BUS_ID" });
});

test("a started broker is reached where it listens, by TLS where it has a certificate; everywhere is no address", () => {
  const broker = { kind: "start", listen: "127.0.0.1:4222", program: "nats-server" } as const;
  const tls = { tlsCert: "cert.pem", tlsKey: "key.pem" };
  expect(natsUrl(broker)).toBe("nats://127.0.0.1:4222");
  expect(natsUrl({ ...broker, ...tls })).toBe("tls://127.0.0.1:4222");
  expect(natsUrl({ ...broker, ...tls, url: "tls://b:4222" })).toBe("tls://b:4222");
  const [own] = reachableHosts("0.0.0.0");
  expect(natsUrl({ ...broker, listen: "0.0.0.0:4222" })).toBe(`nats://${own}:4222`);
  expect(brokerConfig(broker, "/f").join("\n")).not.toContain("tls");
  expect(brokerConfig({ ...broker, ...tls }, "/f").at(-1)).toBe(
    `tls { cert_file: "${resolve("cert.pem")}", key_file: "${resolve("key.pem")}", timeout: 10 }`,
  );
});

describe("what a shell will read", () => {
  test("arrives word for word through a scheduler's shell", () => {
    const VALUE = 'it\'s a $HOME "quote" `x` \\ *';
    const there = host({ reach: { kind: "command", command: "{command}" }, environment: { VALUE } });
    const { argv } = planNode(placementOn({ ...there, program: "printenv VALUE" }, 0), "ws://x");
    const line = argv[2].replace(/ worker .*$/, ""); // what would come after the program
    expect(execFileSync("sh", ["-c", line]).toString()).toBe(`${VALUE}\n`);
  });

  test("is one word for ssh, after its options and the address", () => {
    const there = host({ reach: { kind: "ssh", address: "me@gpu1", options: ["-p", "2222"] } });
    const { argv } = planNode(placementOn(there, 0), "ws://x:1");
    expect(argv).toEqual([
      "ssh",
      "-o",
      "BatchMode=yes",
      "-p",
      "2222",
      "me@gpu1",
      "exec env ganglion worker --join ws://x:1 --node h-0 --threads 1 --launched",
    ]);
    expect(shellLine({ argv: ["a b", "it's"], environment: { X: "1 2" } })).toBe(
      String.raw`X='1 2' 'a b' 'it'\''s'`,
    );
  });
});
