// Encrypted roads: wss:// to a coordinator, TLS to a NATS server; a certificate that is not trusted stops a node.
import { readFile, readdir, rename } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { join } from "node:path";
import { expect, test } from "vitest";
import { joinNats } from "../../shared/transport/nats/join.ts";
import { listenNats } from "../../shared/transport/nats/nats.ts";
import type { Connection } from "../../shared/transport/transport.ts";
import { makeCertificate } from "../support/certificate.ts";
import { runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { natsServer } from "../support/nats-server.ts";
import { take } from "../unit/shared/transport/conformance.ts";

test("a worker joins by wss with the coordinator's certificate, and fetches data by it; without, it is refused", async () => {
  const { certFile, keyFile } = await makeCertificate();
  const folder = await temporaryFolder();
  const data = join(folder, "digits");
  await writeIdxFolder(data, 100, [28, 28, 1], 10);
  const run = [
    "--preset",
    "digits",
    "--batch",
    "8",
    "--shard",
    "8",
    "--steps",
    "2",
    "--data",
    data,
    "--out",
    folder,
  ];
  const tls = ["--listen", "127.0.0.1:0", "--tls-cert", certFile, "--tls-key", keyFile, "--token", "t"];
  const coordinator = startCli(["coordinator", ...run, ...tls, "--json", "--dashboard", "off"]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  expect(address).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
  await rename(data, `${data}-elsewhere`);
  const worker = ["worker", "--join", String(address), "--token", "t", "--tls-ca"];
  const cache = { GANGLION_CACHE: join(folder, "cache") };
  const lost = await runCli([...worker, join(folder, "none.pem")]);
  expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining("none.pem cannot be read") });
  const distrusting = await runCli(worker.slice(0, -1));
  expect(distrusting).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not trusted.*--tls-ca/) });
  const trusting = await runCli([...worker, certFile], cache);
  expect(trusting).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("fetching the run's train data"),
  });
  expect((await coordinator.finished).events.at(-1)).toMatchObject({ event: "done", steps: 2 });
});

test("a coordinator whose certificate and key do not belong together ends before it makes a run", async () => {
  const [{ certFile }, { keyFile }] = [await makeCertificate(), await makeCertificate()];
  const out = await temporaryFolder();
  const tls = ["--tls-cert", certFile, "--tls-key", keyFile];
  const { code, stdout, stderr } = await runCli([
    "coordinator",
    "--listen",
    "127.0.0.1:0",
    "--out",
    out,
    ...tls,
  ]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    new RegExp(`^ganglion: ${keyFile} is not the key of the certificate ${certFile}: .*\n$`),
  );
  expect(await readdir(out)).toEqual([]);
});

test.each([
  ["coordinator", "--listen", "127.0.0.1:0"],
  ["train", "--workers", "1"],
])(
  "a dashboard of %s beyond loopback asks for the run's token, by https where there is a certificate",
  async (...command) => {
    const { certFile, keyFile } = await makeCertificate();
    const run = ["--preset", "digits", "--batch", "8", "--shard", "8", "--out", await temporaryFolder()];
    const tls = ["--tls-cert", certFile, "--tls-key", keyFile, "--token", "t"];
    const dashboard = ["--dashboard", "0.0.0.0:0"];
    const running = startCli([...command, ...run, ...tls, ...dashboard, "--json"]);
    const { url } = await running.event(({ event }) => event === "dashboard");
    expect(url).toMatch(/^https:\/\/localhost:\d+$/);
    const ca = await readFile(certFile);
    const statusOf = (path: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const answered = ({ statusCode }: IncomingMessage): void => resolve(statusCode);
        get(`${String(url)}${path}`, { ca, agent: false }, answered).on("error", reject);
      });
    expect(await Promise.all(["/", "/?token=x", "/?token=t"].map(statusOf))).toEqual([401, 401, 200]);
  },
);

test("a certificate that would protect nothing is refused, with where it would", async () => {
  const { certFile, keyFile } = await makeCertificate();
  const out = await temporaryFolder();
  const tls = ["--tls-cert", certFile, "--tls-key", keyFile, "--out", out];
  for (const [place, ...flags] of [
    ["the dashboard is off", "--dashboard", "off"],
    ["the dashboard is for this machine alone", "--dashboard", "0"],
  ]) {
    const train = await runCli(["train", "--transport", "ws", ...tls, ...flags]);
    expect([train.code, train.stdout]).toEqual([2, ""]);
    expect(train.stderr).toContain(`ganglion: --tls-cert would protect nothing: ${place}`);
    expect(train.stderr).toContain("ganglion coordinator lets those of others join by wss://");
    const coordinator = await runCli(["coordinator", "--nats", "nats://127.0.0.1:1", ...tls, ...flags]);
    expect([coordinator.code, coordinator.stdout]).toEqual([2, ""]);
    expect(coordinator.stderr).toContain("the NATS server, which has a certificate of its own");
  }
  expect(await readdir(out)).toEqual([]);
});

test("a coordinator and a node meet at a NATS server that speaks TLS", async () => {
  const { certFile, keyFile } = await makeCertificate();
  const server = await natsServer({ config: `tls { cert_file: "${certFile}", key_file: "${keyFile}" }` });
  const access = { url: server.url.replace("nats:", "tls:"), run: "r" };
  const hub = await listenNats({ ...access, tlsCaFile: certFile });
  const node = await joinNats({ ...access, tlsCaFile: certFile, name: "a" });
  await hub.broadcast({ type: "weights", version: 1 }, Float32Array.of(1, 2));
  expect((await take(node, 1))[0].body).toEqual(Float32Array.of(1, 2));
  const near = (await hub.connections()[Symbol.asyncIterator]().next()).value as Connection;
  near.admit?.({ bodyBytes: 2 ** 24 });
  const body = Float32Array.from({ length: 500_000 }, (_, i) => i); // 2 MB, many records of TLS and many packets
  for (const [from, to] of [
    [near, node],
    [node, near],
  ]) {
    await from.send({ type: "weights", version: 2 }, body);
    const arrived = (await take(to, 1))[0].body as Float32Array;
    expect(arrived.length === body.length && arrived.every((value, i) => value === i)).toBe(true);
  }
  await hub.close();
  await expect(joinNats({ ...access, name: "b" })).rejects.toMatchObject({
    code: "AUTH",
    message: expect.stringMatching(/is not trusted: self.signed certificate; .*--tls-ca/),
  });
  await expect(joinNats({ ...access, tlsCaFile: keyFile, name: "b" })).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining(`${keyFile} holds no certificate`),
  });
  const other = await makeCertificate("DNS:broker.example");
  const far = await natsServer({
    config: `tls { cert_file: "${other.certFile}", key_file: "${other.keyFile}" }`,
  });
  const misnamed = { url: far.url.replace("nats:", "tls:"), run: "r", tlsCaFile: other.certFile };
  await expect(joinNats({ ...misnamed, name: "b" })).rejects.toMatchObject({
    code: "AUTH",
    message: expect.stringContaining("is not trusted: it is for broker.example; join by a name"),
  });
  const plain = await natsServer();
  await expect(listenNats({ url: plain.url.replace("nats:", "tls:"), run: "r" })).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("does not speak TLS"),
  });
});
