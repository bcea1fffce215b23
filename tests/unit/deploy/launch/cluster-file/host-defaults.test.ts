// What hosts have that do not say it: those of the file, and those that scale --add brings.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Cluster, readCluster } from "../../../../../deploy/launch/cluster-file/cluster.ts";
import { addedHost, hasDefaults } from "../../../../../deploy/launch/cluster-file/host-defaults.ts";
import { placementOn, planNode, shellLine } from "../../../../../deploy/launch/launch-plan.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

async function clusterOf(yaml: string): Promise<Cluster> {
  const file = join(await temporaryFolder(), "cluster.yaml");
  await writeFile(file, `coordinator: { join: "ws://192.0.2.7:8701" }\n${yaml}`);
  return readCluster(file);
}

const ALL = `
defaults:
  program: /opt/ganglion
  threads: 4
  engine: graph
  device: cuda
  data: /data
  tlsCa: /etc/ca.pem
  environment: { A: "1", B: "2" }
`;

const COMMON = { program: "/opt/ganglion", engine: "graph", device: "cuda", data: "/data", threads: 4 };

describe("a host of the file", () => {
  test("has every default that it does not say otherwise; environments are merged by name", async () => {
    const own = "threads: 1, device: cpu, tlsCa: /own.pem, environment: { B: '3', C: '4' }";
    const { hosts } = await clusterOf(`${ALL}hosts: [{ name: a }, { name: b, ${own} }]`);
    const reach = { kind: "local" };
    expect(hosts).toEqual([
      { ...COMMON, name: "a", reach, tlsCa: "/etc/ca.pem", environment: { A: "1", B: "2" } },
      {
        ...COMMON,
        name: "b",
        reach,
        threads: 1,
        device: "cpu",
        tlsCa: "/own.pem",
        environment: { A: "1", B: "3", C: "4" },
      },
    ]);
  });

  test("is reached as the defaults say, by its name, unless it says how; ssh of its own has their options", async () => {
    const { hosts } = await clusterOf(`
defaults: { reach: { kind: ssh, address: "me@{host}.lan", options: [-p, "2222"] } }
hosts:
  - { name: a }
  - { name: b, reach: { kind: ssh, address: you@b } }
  - { name: c, reach: { kind: ssh, address: you@c, options: [] } }
  - { name: d, reach: local }`);
    expect(hosts.map(({ reach }) => reach)).toEqual([
      { kind: "ssh", address: "me@a.lan", options: ["-p", "2222"] },
      { kind: "ssh", address: "you@b", options: ["-p", "2222"] },
      { kind: "ssh", address: "you@c", options: [] },
      { kind: "local" },
    ]);
  });
});

describe("a host that scale --add brings", () => {
  test("has every default, as many GPUs as nodes, and is reached by ssh", async () => {
    expect(addedHost("me@gpu9", 4, await clusterOf(`${ALL}hosts: [{ name: a }]`))).toEqual({
      ...COMMON,
      name: "me-gpu9",
      reach: { kind: "ssh", address: "me@gpu9", options: [] },
      gpus: 4,
      tlsCa: "/etc/ca.pem",
      environment: { A: "1", B: "2" },
    });
  });

  test("is reached as the defaults say, at the address that was asked for", async () => {
    const bySsh = await clusterOf("defaults: { reach: { kind: ssh, options: [-C] } }\nhosts: [{ name: a, reach: local }]"); // prettier-ignore
    expect(addedHost("me@gpu9", 1, bySsh).reach).toEqual({
      kind: "ssh",
      address: "me@gpu9",
      options: ["-C"],
    });
    const byCommand = await clusterOf(
      "defaults: { reach: { kind: command, command: 'on {host} {command}' } }\nhosts: [{ name: a, reach: local }]",
    );
    const line = shellLine(planNode(placementOn(addedHost("gpu 9", 1, byCommand), 0), "ws://x"));
    expect(line).toContain(String.raw`'on '\''gpu 9'\'' env `);
    expect(line).toContain("--node gpu-9-0");
  });

  test("cannot have several GPUs where the defaults name a device that nothing pins to one", async () => {
    const cluster = await clusterOf("defaults: { device: webgpu }\nhosts: [{ name: a }]");
    expect(addedHost("gpu9", 1, cluster).device).toBe("webgpu");
    expect(() => addedHost("gpu9", 2, cluster)).toThrow("gpu9 has several GPUs, and nothing pins WebGPU");
  });

  test("is told of where the file has defaults", async () => {
    expect(hasDefaults(await clusterOf("hosts: [{ name: a }]"))).toBe(false);
    expect(hasDefaults(await clusterOf("defaults: { threads: 2 }\nhosts: [{ name: a }]"))).toBe(true);
  });
});

describe("on this machine", () => {
  const caOf = async (broker: string, defaults = "", run = "tlsCa: /run.pem"): Promise<unknown> => {
    const { hosts } = await clusterOf(
      `run: { ${run} }\n${broker}\n${defaults}\nhosts:\n  - { name: a }\n  - { name: b, reach: { kind: ssh, address: b } }\n  - { name: c, tlsCa: /own.pem }`,
    );
    return hosts.map(({ tlsCa }) => tlsCa);
  };
  const BROKER = 'broker: { kind: nats, url: "tls://b:4222" }';

  test("a host trusts of the broker what the coordinator does, unless it or the defaults say otherwise", async () => {
    expect(await caOf(BROKER)).toEqual(["/run.pem", undefined, "/own.pem"]);
    expect(await caOf(BROKER, "", "tls-ca: /run.pem")).toEqual(["/run.pem", undefined, "/own.pem"]);
    expect(await caOf(BROKER, "defaults: { tlsCa: /all.pem }")).toEqual(["/all.pem", "/all.pem", "/own.pem"]);
  });

  test("a host whose coordinator has a certificate of its own trusts its system, as before", async () => {
    const certificate = "tlsCert: /c.pem, tlsKey: /k.pem";
    const secure = "coordinator: { join: wss://192.0.2.7:8701 }";
    const file = join(await temporaryFolder(), "cluster.yaml");
    await writeFile(file, `run: { ${certificate}, tlsCa: /run.pem }\n${secure}\nhosts: [{ name: a }]`);
    const { hosts } = await readCluster(file);
    expect(hosts[0]).not.toHaveProperty("tlsCa");
  });
});
