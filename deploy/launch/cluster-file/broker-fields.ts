// The part `broker` of a cluster file: none, one that runs already, or one to be started.
import { z } from "zod";
import { addressOf } from "../../flags/address.ts";
import { asKind, listen, natsUrl, words } from "./cluster-fields.ts";

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
          "nats-server would take a port that nobody here is told: write one, for example 4222",
        ),
        url: natsUrl.optional().describe("the same address as the hosts see it, if listen does not say"),
        program: words("write the server's program").default("nats-server"),
        tlsCert: words("write a path on this machine")
          .optional()
          .describe("its certificate, PEM: it is then reached by tls:// alone"),
        tlsKey: words("write a path on this machine").optional().describe("the certificate's key, PEM"),
      }),
    ],
    "write none, start or { kind: nats, url: nats://HOST:PORT }",
  ),
);
export type Broker = z.infer<typeof broker>;

/** A nats-server of this launch. */
export type BrokerToStart = Extract<Broker, { kind: "start" }>;
