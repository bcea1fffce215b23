// A launched cluster that grows by a host that its file does not name, and that works by the file's defaults alone.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { makeCertificate } from "../support/certificate.ts";
import { runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { watchCluster } from "../support/clusters.ts";
import { findNatsServer } from "../support/find-nats-server.ts";
import { freePort } from "../support/free-port.ts";
import { startSshServer } from "../support/sshd.ts";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));
const RUN = { preset: "digits", batch: 32, shard: 4, seed: 7, dashboard: "off", steps: 100_000 } as const;

interface Growing {
  readonly file: string;
  /** As `scale --add` takes it. */
  readonly address: string;
}

/** Over a broker with a certificate that no system trusts; the host that comes has a server of ssh on a port of its own. */
async function writeCluster(leftOut?: "program" | "tlsCa"): Promise<Growing> {
  const [{ address, options }, { certFile, keyFile }] = [await startSshServer(), await makeCertificate()];
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const listen = `127.0.0.1:${await freePort()}`;
  const defaults: Record<string, unknown> = {
    program: `${process.execPath} ${CLI}`,
    threads: 2,
    tlsCa: certFile,
    reach: { kind: "ssh", options },
  };
  if (leftOut !== undefined) delete defaults[leftOut];
  const cluster = {
    run: { ...RUN, out, tlsCa: certFile },
    broker: {
      kind: "start",
      listen,
      url: `tls://${listen}`, // ssh leads back to this machine
      program: await findNatsServer(),
      tlsCert: certFile,
      tlsKey: keyFile,
    },
    defaults,
    hosts: [{ name: `h${randomBytes(4).toString("hex")}`, reach: "local", threads: 1 }],
  };
  await writeFile(file, stringify(cluster));
  return { file, address };
}

test("a cluster over TLS grows by a host that only the defaults describe", { timeout: 90_000 }, async () => {
  const { file, address } = await writeCluster();
  const { running, ready, folder } = watchCluster(startCli(["launch", file, "--json"]));
  await ready(1);
  const name = address.replace("@", "-");
  const { code, stdout } = await runCli(["scale", await folder, "--add", `${address}:1`]);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`${name}-0`)]);
  const joined = await running.event(
    ({ event, nodes }) =>
      event === "workers" &&
      (nodes as { node: string; state: string; contributions: number }[]).some(
        ({ node, state, contributions }) => node === `${name}-0` && state === "ready" && contributions > 0,
      ),
  );
  const { threads } = (joined["nodes"] as { node: string; threads: number }[]).find(
    ({ node }) => node === `${name}-0`,
  )!;
  expect(threads).toBe(2);
  running.process.kill("SIGINT");
  expect((await running.finished).code).toBe(0);
});

test.each([
  ["program", "correct program (how Ganglion is started there) of the defaults in the cluster file"],
  ["tlsCa", "is not trusted"],
] as const)("without %s in the defaults, it cannot", { timeout: 90_000 }, async (leftOut, says) => {
  const { file, address } = await writeCluster(leftOut);
  const { running, ready, folder } = watchCluster(startCli(["launch", file, "--json"]));
  await ready(1);
  await runCli(["scale", await folder, "--add", `${address}:1`]);
  const name = `${address.replace("@", "-")}-0`;
  const warning = await running.event(
    ({ event, message }) => event === "warning" && String(message).startsWith(`${name} `),
  );
  expect(warning["message"]).toContain(says);
  running.process.kill("SIGINT");
  expect((await running.finished).code).toBe(0);
});

test("a host that would not find the coordinator is refused, and nothing is started there", async () => {
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const coordinator = { listen: "127.0.0.1:0" };
  const defaults = { program: "/nowhere/ganglion" };
  const hosts = [{ name: "here", program: `${process.execPath} ${CLI}` }];
  await writeFile(file, stringify({ run: { ...RUN, out }, coordinator, defaults, hosts }));
  expect((await runCli(["launch", file, "--dry-run"])).stdout).not.toContain("scale --add");
  const { running, ready, folder } = watchCluster(startCli(["launch", file, "--json"]));
  await ready(1);
  const { code, stderr } = await runCli(["scale", await folder, "--add", "gpu9:1"]);
  expect([code, stderr]).toEqual([
    2,
    "ganglion: coordinator.join of the cluster file: gpu9 cannot reach 127.0.0.1:0: listen on 0.0.0.0:0, and say in join how the hosts see that, e.g. ws://192.0.2.7:8701\n",
  ]);
  expect((await runCli(["scale", await folder, "1"])).stdout).toBe("1 node: here-0");
  running.process.kill("SIGINT");
  const ended = await running.finished;
  expect(ended.code).toBe(0);
  expect(ended.events.filter(({ event }) => event === "warning")).toEqual([]);
});

test("--dry-run prints the command of a host that may come", async () => {
  const { file } = await writeCluster();
  const { code, stdout } = await runCli(["launch", file, "--dry-run"]);
  expect(code).toBe(0);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  expect(last).toMatch(/^scale --add HOST:1: ssh -o BatchMode=yes -p \d+ .* HOST 'exec env /);
  expect(last).toMatch(/ --join tls:\S+\/RUN --node HOST-0 --threads 2 --tls-ca \S+cert\.pem --launched'$/);
});
