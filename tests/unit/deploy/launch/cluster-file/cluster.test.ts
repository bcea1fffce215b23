// Cluster files: what they may say, and the sentence for each mistake.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCluster } from "../../../../../deploy/launch/cluster-file/cluster.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

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
    defaults: { threads: 1, environment: {} },
    hosts: [{ name: "here", reach: { kind: "local" }, threads: 1, environment: {} }],
  });
});

test("takes a word for a way to reach a host that needs no more", async () => {
  const { hosts } = await readCluster(await fileOf("hosts: [{ name: here, reach: local, gpus: [0, 2] }]"));
  expect(hosts[0]).toMatchObject({ reach: { kind: "local" }, gpus: [0, 2] });
});

test.each<["utf8" | "utf16le"]>([["utf8"], ["utf16le"]])(
  "reads a file with a byte order mark in %s",
  async (encoding) => {
    const file = await fileOf("");
    await writeFile(file, Buffer.from("\ufeffhosts:\r\n  - name: hier\r\n", encoding));
    expect((await readCluster(file)).hosts[0].name).toBe("hier");
  },
);

test("says of bytes that are no text that they are none", async () => {
  const file = await fileOf("");
  await writeFile(file, Buffer.from([0x89, 0x50, 0, 1]));
  await expect(readCluster(file)).rejects.toThrow(
    `the cluster file ${file} cannot be read: it is no text: its bytes are no UTF-8; save it as UTF-8`,
  );
});

describe("refuses, naming the file, the field and the remedy,", () => {
  test.each<[what: string, yaml: string, ...says: string[]]>([
    ["what is no YAML", "hosts: [", "cannot be read: line 1: "],
    ["a tab", "hosts:\n\t- name: a\n", "line 2 is indented with a tab: YAML takes spaces only"],
    ["a key that stands twice", "hosts:\n  - name: a\n    threads: 1\n    threads: 2\n", "line 4: threads stands there for the second time: leave one of them out"],
    ["two documents", "hosts: [{ name: a }]\n---\nhosts: [{ name: b }]\n", "line 2 begins a second document"],
    ["an alias of what is not there", "hosts: *x\n", "cannot be read: Unresolved alias"],
    ["an empty file", "", "it is empty: write at least hosts, e.g. hosts: [{ name: here }]"],
    ["a file that is no object", "- a\n", '["a"] is no cluster: write at least hosts'],
    ["no hosts", "hosts: []", "hosts is []: write at least one, e.g. [{ name: here }]"],
    ["hosts left out", "run: { preset: digits }", "hosts is missing: write a list"],
    ["a host that is a word", "hosts: [a]", 'hosts.0 is "a": write fields, e.g. { name: gpu1, gpus: 8 }'],
    ["a field that is mistyped", "hosts: [{ name: a, gpu: 2 }]", 'hosts.0: there is no field "gpu" (did you mean gpus?)'],
    ["a section that is mistyped", "host: [{ name: a }]", 'there is no field "host" (did you mean hosts?)'],
    ["a field of another kind of broker", "broker: { kind: nats, url: nats://b, listen: b }\nhosts: [{ name: a }]", 'broker: there is no field "listen" (there are kind, url)'],
    ["a mistyped field of a way to reach a host", "hosts: [{ name: a, reach: { kind: ssh, address: b, option: [] } }]", 'hosts.0.reach: there is no field "option" (did you mean options?)'],
    ["a word for a number", "hosts: [{ name: a, threads: two }]", 'hosts.0.threads is "two": write a whole number from 1 to 256'],
    ["half a GPU", "hosts: [{ name: a, gpus: 0.5 }]", "hosts.0.gpus is 0.5: write how many (2), or which of them ([0, 2])"],
    ["GPUs that are neither a number nor a list", "hosts: [{ name: a, gpus: all }]", 'hosts.0.gpus is "all": write how many (2), or which of them'],
    ["a GPU named twice", "hosts: [{ name: a, gpus: [0, 0] }]", "hosts.0.gpus is [0,0]: name each GPU once"],
    ["GPUs and nodes on one host", "hosts: [{ name: a, gpus: 2, nodes: 2 }]", "a has nodes and gpus", "leave nodes out"],
    ["WebGPU on several GPUs", "hosts: [{ name: a, gpus: [0, 2], device: webgpu }]", "hosts.0.device", "a has several GPUs", "use device cuda"],
    ["an engine that there is not", "hosts: [{ name: a, engine: grap }]", 'hosts.0.engine is "grap": write graph, tensorflow, reference or auto'],
    ["a device that there is not", "hosts: [{ name: a, device: gpu }]", 'hosts.0.device is "gpu": write cpu, webgpu, cuda or auto'],
    ["two hosts of one name", "hosts: [{ name: a }, { name: a }]", "two hosts are named a"],
    ["a host without a name", "hosts: [{ threads: 2 }]", "hosts.0.name is missing: write a text"],
    ["a name that no log can show", "hosts: [{ name: 'a b' }]", 'hosts.0.name is "a b"'],
    ["a variable that is a number", "hosts: [{ name: a, environment: { A: 1 } }]", "hosts.0.environment.A is 1: write text: in quotes"],
    ["a name that no variable can have", 'hosts: [{ name: a, environment: { A-B: "1" } }]', "hosts.0.environment.A-B: write letters, digits and _"],
    ["a way to reach a host that there is not", "hosts: [{ name: a, reach: telnet }]", 'hosts.0.reach.kind is "telnet": write local, { kind: ssh, address: … }'],
    ["ssh without an address", "hosts: [{ name: a, reach: ssh }]", "hosts.0.reach.address is missing: write it as ssh takes it"],
    ["a scheduler's command without the node's", "hosts: [{ name: a, reach: { kind: command, command: srun } }]", 'is "srun": write {command} where the node\'s command goes'],
    ["a far host and a coordinator that only this machine sees", "hosts: [{ name: a, reach: { kind: ssh, address: a } }]", "a cannot reach 127.0.0.1:8701: listen on 0.0.0.0:8701, and say in join how the hosts see that"],
    ["a far host and a coordinator that does not say how it is seen", "coordinator: { listen: 0.0.0.0:8800 }\nhosts: [{ name: a, reach: { kind: ssh, address: a } }]", "a cannot reach 0.0.0.0:8800: say in join how the hosts see that"],
    ["a far host and a broker that only this machine sees", "broker: start\nhosts: [{ name: a, reach: { kind: ssh, address: a } }]", "broker.url: a cannot reach 127.0.0.1:4222: listen on 0.0.0.0:4222"],
    ["a place to listen that is none", "coordinator: { listen: 127.0.0.1:99999 }\nhosts: [{ name: a }]", 'coordinator.listen is "127.0.0.1:99999": write HOST:PORT, for example 127.0.0.1:8701'],
    ["an address to join that is none of WebSockets", "coordinator: { join: http://a:8701 }\nhosts: [{ name: a }]", 'coordinator.join is "http://a:8701": write ws://HOST:PORT or wss://HOST:PORT'],
    ["a broker without an address", "broker: nats\nhosts: [{ name: a }]", "broker.url is missing: write nats://HOST:PORT"],
    ["a broker's address of another kind", "broker: { kind: nats, url: http://b:4222 }\nhosts: [{ name: a }]", "broker.url: http://b:4222 is not the address of a NATS server: write nats://HOST:PORT"],
    ["a broker on any port", "broker: { kind: start, listen: 127.0.0.1:0 }\nhosts: [{ name: a }]", 'broker.listen is "127.0.0.1:0": nats-server would choose a port that nothing here learns: write one, for example 4222'],
    ["a certificate without its key", "broker: { kind: start, tlsCert: a.pem }\nhosts: [{ name: a }]", "broker.tlsKey: tlsCert needs it beside it: write both, or neither"],
    ["a key without its certificate", "broker: { kind: start, tlsKey: a.pem }\nhosts: [{ name: a }]", "broker.tlsCert: tlsKey needs it beside it: write both, or neither"],
    ["a certificate without a path", 'broker: { kind: start, tlsCert: "", tlsKey: a.pem }\nhosts: [{ name: a }]', 'broker.tlsCert is "": write a path on this machine'],
    ["an address without TLS of a broker with a certificate", "broker: { kind: start, url: nats://b:4222, tlsCert: a.pem, tlsKey: b.pem }\nhosts: [{ name: a }]", "broker.url: with tlsCert the server at nats://b:4222 speaks TLS: write tls://b:4222"],
    ["an address with TLS of a broker without a certificate", "broker: { kind: start, url: tls://b:4222 }\nhosts: [{ name: a }]", "broker.url: the server at tls://b:4222 has no certificate: write tlsCert and tlsKey beside it, or nats://b:4222"],
    ["a broker's place to listen that is none", "broker: { kind: start, listen: nonsense, url: nats://b }\nhosts: [{ name: a }]", 'broker.listen is "nonsense": write HOST:PORT, for example 127.0.0.1:4222'],
    ["a broker's port that is none", "broker: { kind: start, listen: 0.0.0.0:99999 }\nhosts: [{ name: a }]", 'broker.listen is "0.0.0.0:99999": write HOST:PORT, for example 127.0.0.1:4222'],
    ["a certificate of a broker that does not say how it is seen", "broker: { kind: start, listen: 0.0.0.0:4333, tlsCert: a.pem, tlsKey: b.pem }\nhosts: [{ name: a }]", "broker.url: the certificate is not for 0.0.0.0:4333: write the address as it names it, e.g. tls://broker.example:4333"],
    ["a far host and a broker with a certificate that only this machine sees", "broker: { kind: start, tlsCert: a.pem, tlsKey: b.pem }\nhosts: [{ name: a, reach: { kind: ssh, address: a } }]", "say in url how the hosts see that, e.g. tls://192.0.2.7:4222"],
    ["an address without TLS of a coordinator with a certificate", "run: { tls-cert: a.pem, tlsKey: b.pem }\ncoordinator: { join: ws://a:8701 }\nhosts: [{ name: a }]", "coordinator.join: with run.tlsCert nodes join by TLS: write wss://a:8701 in the place of ws://a:8701"],
    ["a default that is mistyped", "defaults: { thread: 2 }\nhosts: [{ name: a }]", 'defaults: there is no field "thread" (did you mean threads?)'],
    ["a default that one host alone can have", "defaults: { gpus: 8 }\nhosts: [{ name: a }]", 'defaults: there is no field "gpus"'],
    ["a default that is none", "defaults: { threads: 0 }\nhosts: [{ name: a }]", "defaults.threads is 0: write a whole number from 1 to 256"],
    ["defaults in a list", "defaults: [program]\nhosts: [{ name: a }]", 'defaults is ["program"]: write fields of a host'],
    ["a mistyped field of the defaults' way to a host", "defaults: { reach: { kind: ssh, option: [] } }\nhosts: [{ name: a }]", 'defaults.reach: there is no field "option" (did you mean options?)'],
    ["this machine as the way to each host", "defaults: { reach: local }\nhosts: [{ name: a }]", 'defaults.reach.kind is "local": write { kind: ssh, options: … }'],
    ["one address for all hosts", "defaults: { reach: { kind: ssh, address: gpu1 } }\nhosts: [{ name: a }]", 'defaults.reach.address is "gpu1": write {host} where the host\'s name goes'],
    ["WebGPU by the defaults on several GPUs", "defaults: { device: webgpu }\nhosts: [{ name: a, gpus: 2 }]", "hosts.0.device: a has several GPUs", "use device cuda"],
    ["a host that the defaults make a far one", "defaults: { reach: ssh }\nhosts: [{ name: a }]", "a cannot reach 127.0.0.1:8701: listen on 0.0.0.0:8701"],
    ["flags in a list", "run: [preset]\nhosts: [{ name: a }]", 'run is ["preset"]: write flags with their values'],
    ["a flag without a value", "run: { preset: }\nhosts: [{ name: a }]", "run.preset is null: write its value"],
  ])("%s", async (_what, yaml, ...says) => {
    const file = await fileOf(yaml);
    const error: unknown = await readCluster(file).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "CONFIG", exitCode: 2 });
    for (const part of [file, ...says]) expect((error as Error).message).toContain(part);
  }); // prettier-ignore

  test("a file that is not there, and a folder", async () => {
    await expect(readCluster("/nowhere/cluster.yaml")).rejects.toThrow(
      "the cluster file /nowhere/cluster.yaml cannot be read: there is no such file",
    );
    await expect(readCluster("/")).rejects.toThrow("it is a folder; name a file in it");
  });

  test("several mistakes at once, a line for each", async () => {
    const file = await fileOf("hosts: [{ name: a, threads: 0 }, { name: b, nodes: 0 }]");
    await expect(readCluster(file)).rejects.toThrow(
      `${file}:\n  hosts.0.threads is 0: write a whole number from 1 to 256\n  hosts.1.nodes is 0: write a whole number from 1 to 1024`,
    );
  });
});
