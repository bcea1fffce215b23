// Certificates of TLS: reading the files, and saying which of the other end's is not to be trusted.
import { readFile } from "node:fs/promises";
import { GanglionError, messageOf } from "../errors.ts";

/** @throws GanglionError USAGE */
export async function readPem(file: string): Promise<Buffer> {
  return await readFile(file).catch((cause: unknown) => {
    throw new GanglionError("USAGE", `${file} cannot be read: ${messageOf(cause)}; give a PEM file`, {
      cause,
    });
  });
}

/** An AUTH error when `error` says that the certificate of `address` is not trusted, else null. */
export function distrust(error: unknown, address: string): GanglionError | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) return null;
  return new GanglionError(
    "AUTH",
    `the certificate of ${address} is not trusted: ${messageOf(error)}; name the authority's file by --tls-ca`,
    { cause: error },
  );
}
