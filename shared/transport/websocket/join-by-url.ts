// How a node joins by the address of a coordinator.
import { GanglionError } from "../../errors.ts";
import type { JoinOptions, Joined } from "../joining.ts";
import { readAuthorities } from "../tls/certificate-files.ts";
import { fetchDataByHttp } from "./data.ts";
import { connectWebSocket } from "./client.ts";

export async function joinByUrl({ url, token, tlsCaFile, name, signal }: JoinOptions): Promise<Joined> {
  if (tlsCaFile !== undefined && url.startsWith("ws:"))
    throw new GanglionError(
      "USAGE",
      `${url} is not encrypted, so that no certificate is asked for: write ${url.replace(/^ws:/, "wss:")}, or leave out --tls-ca`,
    );
  const trusted = {
    url,
    ...(token !== undefined && { token }),
    ...(tlsCaFile !== undefined && { ca: await readAuthorities(tlsCaFile) }),
  };
  const connection = await connectWebSocket({ ...trusted, name, signal });
  return {
    connection,
    fetchData: (fingerprint, from) => fetchDataByHttp(trusted, fingerprint, from),
    hasEnded: () => Promise.resolve(false),
  };
}
