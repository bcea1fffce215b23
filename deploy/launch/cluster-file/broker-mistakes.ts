// What is wrong with the certificate of a broker that is to be started, in sentences.
import { isEverywhere } from "../../../shared/transport/tls/own-addresses.ts";
import { addressOf } from "../../flags/address.ts";
import type { BrokerToStart } from "./broker-fields.ts";

/** One sentence for each field of `broker` that does not go with its certificate. */
export function mistakesOfTls({
  listen,
  url,
  tlsCert,
  tlsKey,
}: BrokerToStart): { readonly field: string; readonly sentence: string }[] {
  const mistakes: { field: string; sentence: string }[] = [];
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsKey === undefined ? ["tlsCert", "tlsKey"] : ["tlsKey", "tlsCert"];
    mistakes.push({ field: missing, sentence: `${given} needs it beside it: write both, or neither` });
  }
  const hasTls = tlsCert !== undefined || tlsKey !== undefined;
  if (hasTls && url?.startsWith("nats:"))
    mistakes.push({
      field: "url",
      sentence: `with tlsCert the server at ${url} speaks TLS: write ${url.replace(/^nats:/, "tls:")}`,
    });
  if (!hasTls && url?.startsWith("tls:"))
    mistakes.push({
      field: "url",
      sentence: `the server at ${url} has no certificate: write tlsCert and tlsKey beside it, or ${url.replace(/^tls:/, "nats:")}`,
    });
  const address = addressOf(listen); // null is told where it is read
  if (hasTls && url === undefined && address && isEverywhere(address.host))
    mistakes.push({
      field: "url",
      sentence: `the certificate is not for ${listen}: write the address as it names it, e.g. tls://broker.example:${address.port}`,
    });
  return mistakes;
}
