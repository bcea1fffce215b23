// A certificate of one's own for 127.0.0.1, made anew for a test: no key lies in the repository.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./cli.ts";

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Self-signed: it is its own authority. Needs openssl on the PATH. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await temporaryFolder();
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const names = ["-subj", "/CN=ganglion test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  await promisify(execFile)("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "2", ...names]);
  return { certFile, keyFile };
}
