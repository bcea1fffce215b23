// Launched clusters whose broker has a certificate: who trusts it works as without one, who does not is told.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { type Certificate, makeCertificate } from "../support/certificate.ts";
import { type Finished, type Running, runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { watchCluster } from "../support/clusters.ts";
import { findNatsServer } from "../support/find-nats-server.ts";
import { freePort } from "../support/free-port.ts";

const TOKEN = "s3cret";
const ENDLESS = 1_000_000;

interface Secure {
  readonly certificate: Certificate;
  /** What the coordinator trusts, and what the host of the nodes does. */
  readonly trusted: { readonly run?: string; readonly host?: string };
}

interface Launched extends Running {
  readonly out: string;
  /** Of the broker. */
  readonly url: string;
}

async function launch(run: object, secure: Secure | null, ...flags: string[]): Promise<Launched> {
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const listen = `127.0.0.1:${await freePort()}`;
  const broker = { kind: "start", listen, program: await findNatsServer() };
  const cluster = {
    run: {
      preset: "digits",
      batch: 32,
      shard: 4,
      dashboard: "off",
      out,
      ...run,
      ...tlsCaOf(secure?.trusted.run),
    },
    coordinator: { token: TOKEN },
    broker: {
      ...broker,
      ...(secure && { tlsCert: secure.certificate.certFile, tlsKey: secure.certificate.keyFile }),
    },
    hosts: [{ name: "here", nodes: 2, ...tlsCaOf(secure?.trusted.host) }],
  };
  await writeFile(file, stringify(cluster));
  return { ...startCli(["launch", file, ...flags]), out, url: `${secure ? "tls" : "nats"}://${listen}` };
}

function tlsCaOf(tlsCa: string | undefined): object {
  return tlsCa === undefined ? {} : { tlsCa };
}

async function trustedByAll(): Promise<Secure> {
  const certificate = await makeCertificate();
  return { certificate, trusted: { run: certificate.certFile, host: certificate.certFile } };
}

test("a cluster over TLS ends with the weights of one without", async () => {
  const hashes = [];
  for (const secure of [await trustedByAll(), null]) {
    const launched = await launch({ steps: 3, seed: 7 }, secure, "--json");
    const { address } = await launched.event(({ event }) => event === "listening");
    expect(address).toContain(`${launched.url}/`);
    const { code, stderr, events } = await launched.finished;
    expect([code, stderr]).toEqual([0, ""]);
    hashes.push(events.at(-1)?.["weightsHash"]);
  }
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(hashes[1]).toBe(hashes[0]);
});

test("status and fetch reach the broker with its certificate, and are refused without", async () => {
  const secure = await trustedByAll();
  const config = join(await temporaryFolder(), "config.json");
  await writeFile(config, JSON.stringify({ checkpointEvery: 5 }));
  const launched = await launch({ steps: ENDLESS, config }, secure, "--json");
  const { step } = watchCluster(launched);
  await step(6);
  const ask = (command: string, ...flags: string[]): Promise<Finished> =>
    runCli([command, "--nats", launched.url, ...flags], { GANGLION_TOKEN: TOKEN });
  const trust = ["--tls-ca", secure.certificate.certFile];
  expect(await ask("status", ...trust)).toMatchObject({ code: 0, stdout: expect.stringContaining("digits") });
  const out = join(launched.out, "fetched.safetensors");
  const fetched = async (): Promise<void> =>
    expect(await ask("fetch", ...trust, "--out", out)).toMatchObject({ code: 0, stdout: out });
  await vi.waitFor(fetched, { timeout: 60_000, interval: 200 }); // its first checkpoint is on the way
  for (const command of ["status", "fetch"])
    expect(await ask(command)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(`^ganglion: the certificate of ${launched.url} is not trusted: .* by --tls-ca .*\\n$`),
      ),
    });
  launched.process.kill("SIGINT");
  expect((await launched.finished).code).toBe(0);
});

test("a coordinator that does not trust the broker ends the launch, and nodes that do not are benched", async () => {
  const { certificate, trusted } = await trustedByAll();
  const wary = await launch({ steps: 3 }, { certificate, trusted: { host: trusted.host! } });
  expect(await wary.finished).toMatchObject({
    code: 2,
    stderr: `ganglion: the certificate of ${wary.url} is not trusted: self-signed certificate; name the file of the authority that signed it by --tls-ca (tlsCa in a cluster file)\n`,
  });
  const { certFile: another } = await makeCertificate();
  const alone = await launch(
    { steps: 3 },
    { certificate, trusted: { run: trusted.run!, host: another } },
    "--json",
  );
  const { folder } = watchCluster(alone);
  const { code, stderr } = await alone.finished;
  expect(code).toBe(1);
  expect(stderr).toContain(`the certificate of ${alone.url} is not trusted`);
  expect(stderr).toContain(`to go on, add resume: ${await folder} to the file's run`);
});

test("nodes of this machine trust what the coordinator does, where their host names no certificates", async () => {
  const { certificate, trusted } = await trustedByAll();
  const launched = await launch({ steps: 3 }, { certificate, trusted: { run: trusted.run! } }, "--json");
  const { code, stderr, events } = await launched.finished;
  expect([code, stderr]).toEqual([0, ""]);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 3 });
});

test("a key that is not the certificate's ends the launch before anything starts", async () => {
  const [{ certFile }, { keyFile }] = [await makeCertificate(), await makeCertificate()];
  const { finished } = await launch(
    { steps: 3 },
    { certificate: { certFile, keyFile }, trusted: {} },
    "--json",
  );
  const { code, stdout, stderr } = await finished;
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    new RegExp(`^ganglion: ${keyFile} is not the key of the certificate ${certFile}: .*\\n$`),
  );
});

test("--dry-run prints the broker's certificate, and where nodes would join by TLS", async () => {
  const secure = await trustedByAll();
  const { finished, url } = await launch({ steps: 3 }, secure, "--dry-run");
  const { code, stdout } = await finished;
  expect(code).toBe(0);
  const lines = stdout.split("\n");
  const { certFile, keyFile } = secure.certificate;
  expect(lines).toContain(`nats.conf: tls { cert_file: "${certFile}", key_file: "${keyFile}", timeout: 10 }`);
  for (const [label, flags] of [
    ["coordinator", `--tls-ca ${certFile} --nats ${url}`],
    ["here-1", `--join ${url}/RUN --node here-1 --threads 1 --tls-ca ${certFile}`],
  ])
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${label}: .* ${flags} `)));
});
