// Joining by wss://: the sentence for each certificate that is not to be trusted, and for who meets no TLS at all.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { joinCoordinator } from "../../../../../shared/transport/join.ts";
import type { Hub } from "../../../../../shared/transport/transport.ts";
import { listenWebSocket } from "../../../../../shared/transport/websocket/server.ts";
import { type Certificate, makeCertificate, makeCertificateOf } from "../../../../support/certificate.ts";

/** Whatever the certificate is: a coordinator's own command would refuse some. */
async function openHub(certificate?: Certificate): Promise<Hub> {
  const tls = certificate && {
    cert: await readFile(certificate.certFile),
    key: await readFile(certificate.keyFile),
  };
  const hub = await listenWebSocket({ host: "127.0.0.1", port: 0, ...(tls && { tls }) });
  onTestFinished(() => hub.close());
  return hub;
}

const join = (url: string, tlsCaFile?: string): Promise<unknown> =>
  joinCoordinator({
    url,
    name: "a",
    signal: new AbortController().signal,
    say: () => undefined,
    ...(tlsCaFile !== undefined && { tlsCaFile }),
  });

test("a certificate of nobody one trusts is refused, with the flag that names the authority", async () => {
  const [own, other] = [await makeCertificate(), await makeCertificate()];
  const { address } = await openHub(own);
  for (const file of [undefined, other.certFile])
    await expect(join(address, file)).rejects.toMatchObject({
      code: "AUTH",
      message: `the certificate of ${address} is not trusted: self-signed certificate; name the file of the authority that signed it by --tls-ca (tlsCa in a cluster file)`,
    });
});

test("a certificate for other names is refused, with the names that it is for", async () => {
  const other = await makeCertificate("DNS:gpu1.example,IP:192.0.2.7");
  const { address } = await openHub(other);
  await expect(join(address, other.certFile)).rejects.toMatchObject({
    code: "AUTH",
    message: expect.stringContaining("is not trusted: it is for gpu1.example, 192.0.2.7; join by a name"),
  });
});

test("a certificate out of its time is refused, with what to do about it", async () => {
  for (const [year, sentence] of [
    [2020, "it has expired; renew it"],
    [2090, "it is not valid yet; replace it, or set the clocks"],
  ] as const) {
    const late = await makeCertificateOf(year);
    const { address } = await openHub(late);
    await expect(join(address, late.certFile)).rejects.toMatchObject({
      code: "AUTH",
      message: expect.stringContaining(sentence),
    });
  }
});

test("who names certificates for an address without TLS is told so", async () => {
  const { certFile } = await makeCertificate();
  const { address } = await openHub();
  await expect(join(address, certFile)).rejects.toMatchObject({
    code: "USAGE",
    message: `${address} is not encrypted, so that no certificate is asked for: write ${address.replace("ws:", "wss:")}, or leave out --tls-ca`,
  });
});

test("who takes ws:// for wss://, or wss:// for ws://, is told of the other", async () => {
  const [secure, plain] = [await openHub(await makeCertificate()), await openHub()];
  for (const [right, wrong] of [
    [secure.address, secure.address.replace("wss:", "ws:")],
    [plain.address, plain.address.replace("ws:", "wss:")],
  ])
    await expect(join(wrong)).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(
        `cannot reach ${wrong}: .*; is the coordinator running, and not at ${right}\\?`,
      ),
    });
});

test("a server that answers TLS with plain words, as proxies do, is known to speak none", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(join(`wss://127.0.0.1:${port}`)).rejects.toMatchObject({
    code: "USAGE",
    message: `wss://127.0.0.1:${port} speaks no TLS: write ws://127.0.0.1:${port}, or start the coordinator with --tls-cert and --tls-key`,
  });
});
