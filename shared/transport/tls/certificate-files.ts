// Certificates and keys as files, judged before anything listens with them or trusts them.
import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { GanglionError, messageOf } from "../../errors.ts";
import type { Certificate } from "../../http/http-server.ts";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * A certificate that others can be shown today, and its key.
 *
 * @throws GanglionError USAGE, naming the file, when one cannot be read or is none, when the two do not belong together,
 *   and outside the time for which the certificate is made
 */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [cert, key] = [await readPem(certFile), await readPem(keyFile)];
  const certificate = parseCertificate(certFile, cert);
  if (!certificate.checkPrivateKey(parseKey(keyFile, key)))
    throw mistake(
      `${keyFile} is not the key of the certificate ${certFile}: give two files that belong together (in a file with a chain the own certificate comes first)`,
    );
  assertInTime(certFile, certificate);
  return { cert, key };
}

/** @throws GanglionError USAGE when the file cannot be read, or holds no certificate that could be trusted */
export async function readAuthorities(file: string): Promise<Buffer> {
  const pem = await readPem(file);
  parseCertificate(file, pem);
  return pem;
}

async function readPem(file: string): Promise<Buffer> {
  return await readFile(file).catch((cause: unknown) => {
    throw mistake(`${file || '""'} cannot be read: ${reasonOf(cause)}; give a PEM file`, cause);
  });
}

/** The first one in the file. */
function parseCertificate(file: string, pem: Buffer): X509Certificate {
  const remedy = "give a PEM file that has -----BEGIN CERTIFICATE----- in it";
  if (!CERTIFICATE.test(pem.toString("latin1"))) throw mistake(`${file} holds no certificate: ${remedy}`);
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw mistake(`${file} holds no certificate that can be used (${messageOf(cause)}): ${remedy}`, cause);
  }
}

const CERTIFICATE = /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/m;

function parseKey(file: string, pem: Buffer): KeyObject {
  if (ENCRYPTED.test(pem.toString("latin1")))
    throw mistake(
      `${file} asks for a passphrase, which nobody can give here: write the key without, by openssl pkey -in ${file} -out FILE`,
    );
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw mistake(
      `${file} holds no private key: give a PEM file that has -----BEGIN PRIVATE KEY----- in it`,
      cause,
    );
  }
}

const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

function assertInTime(file: string, { validFrom, validTo }: X509Certificate): void {
  const now = Date.now();
  if (now > Date.parse(validTo))
    throw mistake(`the certificate ${file} has expired (${validTo}), nobody would trust it: renew it`);
  if (now < Date.parse(validFrom))
    throw mistake(
      `the certificate ${file} is valid from ${validFrom} on, nobody would trust it yet: give another, or set this machine's clock`,
    );
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
      return "this user may not read it";
    default:
      return messageOf(cause);
  }
}

function mistake(sentence: string, cause?: unknown): GanglionError {
  return new GanglionError("USAGE", sentence, { cause });
}
