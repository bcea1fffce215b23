// Cluster files: what they may say, and the sentence for each mistake.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCluster } from "../../../../deploy/launch/cluster.ts";
import { temporaryFolder } from "../../../support/cli.ts";

async function fileOf(yaml: string): Promise<string> {
  const file = join(await temporaryFolder(), "cluster.yaml");
  await writeFile(file, yaml);
  return file;
}

test("fills in what a small cluster leaves out", async () => {
  const cluster = await readCluster(await fileOf("hosts:\n  - name: here\n"));
  expect(cluster).toEqual({
    run: {},
    coordinator: { listen: "127.0.0.1:8701" },
    broker: { kind: "none" },
    hosts: [{ name: "here", reach: { kind: "local" }, threads: 1, environment: {} }],
  });
});

test("takes a word for a way to reach a host that needs no more", async () => {
  const { hosts } = await readCluster(await fileOf("hosts: [{ name: here, reach: local, gpus: [0, 2] }]"));
  expect(hosts[0]).toMatchObject({ reach: { kind: "local" }, gpus: [0, 2] });
});

describe("refuses, naming the file, the field and the remedy,", () => {
  test.each<[what: string, yaml: string, ...says: string[]]>([
    ["what is no YAML", "hosts: [", "cannot be read"],
    ["no hosts", "hosts: []", "hosts: ", "not []"],
    ["a field that is mistyped", "hosts: [{ name: a, gpu: 2 }]", 'hosts.0: there is no field "gpu" (did you mean gpus?)'],
    ["a section that is mistyped", "host: [{ name: a }]", 'there is no field "host" (did you mean hosts?)'],
    ["half a GPU", "hosts: [{ name: a, gpus: 0.5 }]", "hosts.0.gpus", "not 0.5"],
    ["GPUs and nodes on one host", "hosts: [{ name: a, gpus: 2, nodes: 2 }]", "a has nodes and gpus", "leave nodes out"],
    ["WebGPU on several GPUs", "hosts: [{ name: a, gpus: [0, 2], device: webgpu }]", "hosts.0.device", "a has several GPUs", "use device cuda"],
    ["two hosts of one name", "hosts: [{ name: a }, { name: a }]", "two hosts are named a"],
    ["a name that no log can show", "hosts: [{ name: 'a b' }]", "hosts.0.name", 'not "a b"'],
    ["a way to reach a host that there is not", "hosts: [{ name: a, reach: telnet }]", "hosts.0.reach.kind"],
    ["a scheduler's command without the node's", "hosts: [{ name: a, reach: { kind: command, command: srun } }]", "write {command} where the node's command goes"],
    ["a far host and a coordinator that only this machine sees", "hosts: [{ name: a, reach: { kind: ssh, address: a } }]", "a cannot reach 127.0.0.1:8701", "listen on 0.0.0.0:8701", "join"],
    ["a far host and a broker that only this machine sees", "broker: start\nhosts: [{ name: a, reach: { kind: ssh, address: a } }]", "broker.url: a cannot reach 127.0.0.1:4222", "listen on 0.0.0.0:4222"],
    ["a broker without an address", "broker: nats\nhosts: [{ name: a }]", "broker.url"],
  ])("%s", async (_what, yaml, ...says) => {
    const file = await fileOf(yaml);
    const error: unknown = await readCluster(file).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "CONFIG", exitCode: 2 });
    for (const part of [file, ...says]) expect((error as Error).message).toContain(part);
  }); // prettier-ignore

  test("a file that is not there", async () => {
    await expect(readCluster("/nowhere/cluster.yaml")).rejects.toThrow(
      "/nowhere/cluster.yaml cannot be read",
    );
  });
});
