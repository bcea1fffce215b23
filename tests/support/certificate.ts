// Certificates of one's own, made anew for a test: no key lies in the repository. Needs openssl on the PATH.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./cli.ts";

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

const HERE = "IP:127.0.0.1,DNS:localhost";

/** Self-signed: it is its own authority. `names` is what it is for, by default this machine's own. */
export async function makeCertificate(names = HERE): Promise<Certificate> {
  const folder = await temporaryFolder();
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const subject = ["-subj", "/CN=ganglion test", "-addext", `subjectAltName=${names}`];
  await openssl("req", "-x509", ...key, "-out", certFile, "-days", "2", ...subject);
  return { certFile, keyFile };
}

/** The same for 127.0.0.1, valid from one year to the next: another time than today's. */
export async function makeCertificateOf(year: number): Promise<Certificate> {
  const { certFile, keyFile } = await makeCertificate();
  const file = (name: string): string => join(certFile, "..", name);
  const request = ["-subj", "/CN=ganglion test", "-addext", `subjectAltName=${HERE}`];
  await openssl("req", "-new", "-key", keyFile, "-out", file("request.pem"), ...request);
  await writeFile(file("database"), "");
  await writeFile(file("ca.cnf"), authority(file(".")));
  const span = ["-startdate", `${year}0101000000Z`, "-enddate", `${year + 1}0101000000Z`];
  const files = ["-keyfile", keyFile, "-in", file("request.pem"), "-out", certFile];
  await openssl("ca", "-batch", "-notext", "-selfsign", "-config", file("ca.cnf"), ...files, ...span);
  return { certFile, keyFile };
}

/** `openssl ca` alone takes dates, and takes much else from a file. */
function authority(folder: string): string {
  return `
    [ca]
    default_ca = here
    [here]
    database = ${folder}/database
    new_certs_dir = ${folder}
    rand_serial = yes
    default_md = sha256
    policy = any
    copy_extensions = copy
    [any]
    commonName = supplied
  `;
}

export async function openssl(...words: string[]): Promise<void> {
  await promisify(execFile)("openssl", words);
}
