// The part `broker` of a cluster file: none, one that runs already, or one to be started, and what its certificate needs.
import { z } from "zod";
import { isEverywhere } from "../../../shared/transport/tls/own-addresses.ts";
import { addressOf } from "../../flags/address.ts";
import { asKind, listen, natsUrl, nonEmptyString } from "./cluster-fields.ts";

/** What carries messages between coordinator and nodes. */
export const broker = z.preprocess(
  asKind,
  z.discriminatedUnion(
    "kind",
    [
      z.strictObject({ kind: z.literal("none").describe("nodes connect to the coordinator by WebSockets") }),
      z.strictObject({ kind: z.literal("nats"), url: natsUrl.describe("a NATS server that runs already") }),
      z.strictObject({
        kind: z.literal("start").describe("a nats-server of this launch, on this machine"),
        listen: listen("127.0.0.1:4222").refine(
          (text) => addressOf(text)?.port !== 0,
          "nats-server would choose a port that nothing here learns: write one, for example 4222",
        ),
        url: natsUrl.optional().describe("the same address as the hosts see it, if listen does not say"),
        program: nonEmptyString("write the server's program").default("nats-server"),
        tlsCert: nonEmptyString("write a path on this machine")
          .optional()
          .describe("its certificate, PEM: it is then reached by tls:// alone"),
        tlsKey: nonEmptyString("write a path on this machine")
          .optional()
          .describe("the certificate's key, PEM"),
      }),
    ],
    "write none, start or { kind: nats, url: nats://HOST:PORT }",
  ),
);
export type Broker = z.infer<typeof broker>;

/** A nats-server of this launch. */
export type BrokerToStart = Extract<Broker, { kind: "start" }>;

/** One sentence for each field of `broker` that does not go with its certificate. */
export function mistakesOfTls({
  listen: listening,
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
  const address = addressOf(listening); // null is reported where it is read
  if (hasTls && url === undefined && address && isEverywhere(address.host))
    mistakes.push({
      field: "url",
      sentence: `the certificate is not for ${listening}: write the address as it names it, e.g. tls://broker.example:${address.port}`,
    });
  return mistakes;
}
