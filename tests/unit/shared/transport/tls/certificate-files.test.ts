// Certificates and keys that cannot be used: the sentence for each names the file and the remedy.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readAuthorities, readCertificate } from "../../../../../shared/transport/tls/certificate-files.ts";
import { makeCertificate, makeCertificateOf, openssl } from "../../../../support/certificate.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

test("a certificate and its key are read, also where others follow it in a chain", async () => {
  const [{ certFile, keyFile }, other] = [await makeCertificate(), await makeCertificate()];
  const { cert, key } = await readCertificate({ certFile, keyFile });
  expect([cert.toString(), key.toString()]).toEqual([
    expect.stringContaining("BEGIN CERTIFICATE"),
    expect.stringContaining("BEGIN PRIVATE KEY"),
  ]);
  expect(await readAuthorities(certFile)).toEqual(cert);
  const chain = join(await temporaryFolder(), "chain.pem");
  await writeFile(chain, Buffer.concat([cert, await readAuthorities(other.certFile)]));
  await readCertificate({ certFile: chain, keyFile });
  await expect(readCertificate({ certFile: chain, keyFile: other.keyFile })).rejects.toThrow(
    "the own certificate comes first",
  );
});

test("a key of another certificate, and one that asks for a passphrase, are refused", async () => {
  const [{ certFile, keyFile }, other] = [await makeCertificate(), await makeCertificate()];
  await expect(readCertificate({ certFile, keyFile: other.keyFile })).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining(`${other.keyFile} is not the key of the certificate ${certFile}: give`),
  });
  const locked = join(await temporaryFolder(), "locked.pem");
  await openssl("pkey", "-in", keyFile, "-aes256", "-passout", "pass:x", "-out", locked);
  await expect(readCertificate({ certFile, keyFile: locked })).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining(`${locked} asks for a passphrase`),
  });
});

test("a certificate that has expired, and one for later, are refused", async () => {
  const [old, early] = [await makeCertificateOf(2020), await makeCertificateOf(2090)];
  await expect(readCertificate(old)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(
      `the certificate ${old.certFile} has expired \\(Jan +1 .* 2021 GMT\\).*: renew it`,
    ),
  });
  await expect(readCertificate(early)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(`${early.certFile} is valid from Jan +1 .* 2090 GMT on`),
  });
});

test("files that are not there, or are something else, are refused", async () => {
  const { certFile, keyFile } = await makeCertificate();
  const folder = await temporaryFolder();
  const [none, other, broken] = ["none.pem", "other.pem", "broken.pem"].map((name) => join(folder, name));
  await writeFile(other, "no PEM\n");
  await writeFile(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const sentences: readonly [certificate: string, key: string, sentence: string][] = [
    [none, keyFile, `${none} cannot be read: there is no such file; give a PEM file`],
    [certFile, none, `${none} cannot be read: there is no such file; give a PEM file`],
    [folder, keyFile, `${folder} cannot be read: it is a folder; give a PEM file`],
    ["", keyFile, `"" cannot be read: there is no such file; give a PEM file`],
    [other, keyFile, `${other} holds no certificate: give a PEM file`],
    [keyFile, keyFile, `${keyFile} holds no certificate: give a PEM file`],
    [broken, keyFile, `${broken} holds no certificate that can be used (`],
    [certFile, other, `${other} holds no private key: give a PEM file`],
    [certFile, certFile, `${certFile} holds no private key: give a PEM file`],
  ];
  for (const [cert, key, sentence] of sentences)
    await expect(readCertificate({ certFile: cert, keyFile: key })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(sentence),
    });
  for (const file of [none, folder, other, keyFile, broken])
    await expect(readAuthorities(file)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(file),
    });
});
