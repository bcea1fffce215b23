// A cluster as a file: which hosts, how each is reached, what runs there. One schema; each field with its reason.
import { z } from "zod";
import { GanglionError } from "../../shared/errors.ts";
import { DEVICES, ENGINES } from "../../worker/engine/open-engine.ts";
import { addressOf } from "../address.ts";
import { schemeOf } from "./broker-config.ts";
import { mistakesOfTls } from "./broker-mistakes.ts";
import {
  asKind,
  choice,
  isFarSeen,
  listen,
  natsUrl,
  section,
  webSocketUrl,
  whole,
  words,
} from "./cluster-fields.ts";
import { SENTENCE, sentencesOf } from "./cluster-mistakes.ts";
import { readYaml } from "./yaml-file.ts";

/** How commands get to a host. */
const reach = z.preprocess(
  asKind,
  z.discriminatedUnion(
    "kind",
    [
      z.strictObject({ kind: z.literal("local").describe("this machine") }),
      z.strictObject({
        kind: z.literal("ssh"),
        address: words("write it as ssh takes it: user@host, or a name of ~/.ssh/config"),
        options: z
          .array(words('write texts, e.g. ["-p", "2222"]'), 'write a list, e.g. ["-p", "2222"]')
          .default([])
          .describe("more for ssh"),
      }),
      z.strictObject({
        kind: z.literal("command"),
        command: words('write what starts a node, e.g. "srun --gres=gpu:1 {command}"')
          .refine((text) => text.includes("{command}"), "write {command} where the node's command goes")
          .describe("for schedulers; runs in a shell of this machine"),
      }),
    ],
    "write local, { kind: ssh, address: … } or { kind: command, command: … }",
  ),
);
export type Reach = z.infer<typeof reach>;

const GPUS_REMEDY = "write how many (2), or which of them ([0, 2]), by numbers from 0 to 63";

const host = z.strictObject(
  {
    name: z
      .string("write a text: what logs and the dashboard are to call it")
      .regex(/^[A-Za-z0-9._-]{1,60}$/, "letters, digits, dots and dashes, please: at most 60")
      .describe("what logs and the dashboard call it"),
    reach: reach.prefault({ kind: "local" }),
    program: words("write how Ganglion is started there, e.g. /opt/ganglion/bin/ganglion")
      .optional()
      .describe("how Ganglion is started there; here it is this very program"),
    nodes: whole(1, 1024).optional().describe("node processes, where there are no GPUs (default 1)"),
    gpus: z
      .union(
        [
          z.int(GPUS_REMEDY).min(1, GPUS_REMEDY).max(64, GPUS_REMEDY),
          z
            .array(z.int(GPUS_REMEDY).min(0, GPUS_REMEDY).max(63, GPUS_REMEDY))
            .min(1, GPUS_REMEDY)
            .refine(
              (gpus) => new Set(gpus).size === gpus.length,
              "name each GPU once: there is one node for it",
            ),
        ],
        GPUS_REMEDY,
      )
      .optional()
      .describe("how many GPUs, or which: one node each"),
    threads: whole(1, 256).default(1).describe("threads a node"),
    engine: choice([...ENGINES, "auto"])
      .optional()
      .describe("what executes the step, as in worker --engine"),
    device: choice([...DEVICES, "auto"])
      .optional()
      .describe("what the engine runs on, as in worker --device"),
    data: words("write a path on that host, or strokes")
      .optional()
      .describe("where this host has the run's data, if not where the coordinator has it"),
    tlsCa: words("write a path on that host")
      .optional()
      .describe("certificates that it trusts, PEM, if not those of its system: for wss:// and tls://"),
    environment: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        z.string('write text: in quotes where it is a number, e.g. "1"'),
        section('write variables with their values, e.g. { NCCL_DEBUG: "WARN" }'),
      )
      .default({}),
  },
  section("write fields, e.g. { name: gpu1, gpus: 8 }"),
);
export type Host = z.infer<typeof host>;

/** What carries messages between coordinator and nodes. */
const broker = z.preprocess(
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

const schema = z
  .strictObject({
    run: z
      .record(
        words("write flags by their names"),
        z.union([z.string(), z.number(), z.boolean()], "write its value: text or a number"),
        section("write flags with their values, e.g. { preset: mnist, steps: 2000 }"),
      )
      .default({})
      .describe("flags of `ganglion coordinator` by their long names: preset, data, steps …"),
    coordinator: z
      .strictObject(
        {
          listen: listen("127.0.0.1:8701").describe("where nodes join; it runs on this machine"),
          join: webSocketUrl
            .optional()
            .describe("the same address as the hosts see it, if listen does not say"),
          token: words("write text: in quotes where it is a number")
            .optional()
            .describe("what nodes must present; without, GANGLION_TOKEN, or one is drawn for this launch"),
        },
        section("write fields, e.g. { listen: 0.0.0.0:8701, join: ws://192.0.2.7:8701 }"),
      )
      .prefault({}),
    broker: broker.prefault({ kind: "none" }),
    hosts: z
      .array(host, "write a list, e.g. [{ name: here }]")
      .min(1, "write at least one, e.g. [{ name: here }]"),
  })
  .superRefine(({ run, hosts, coordinator, broker: between }, context) => {
    hosts.forEach(({ name, nodes, gpus, device }, i) => {
      const complain = (field: string, message: string): void =>
        context.addIssue({ ...SENTENCE, path: ["hosts", i, field], message });
      if (hosts.findIndex((other) => other.name === name) < i)
        complain("name", `two hosts are named ${name}: give each its own name`);
      if (nodes !== undefined && gpus !== undefined)
        complain("nodes", `${name} has nodes and gpus: there is one node a GPU, so leave nodes out`);
      const several = typeof gpus === "number" ? gpus > 1 : (gpus ?? []).length > 1;
      if (device === "webgpu" && several)
        complain(
          "device",
          `${name} has several GPUs, and nothing pins WebGPU to one of them: use device cuda`,
        );
    });
    const { join } = coordinator;
    if (join?.startsWith("ws:") && ("tlsCert" in run || "tls-cert" in run))
      context.addIssue({
        ...SENTENCE,
        path: ["coordinator", "join"],
        message: `with run.tlsCert nodes join by TLS: write ${join.replace(/^ws:/, "wss:")} in the place of ${join}`,
      });
    const mistakes = between.kind === "start" ? mistakesOfTls(between) : [];
    for (const { field, sentence } of mistakes)
      context.addIssue({ ...SENTENCE, path: ["broker", field], message: sentence });
    const far = hosts.find(({ reach: { kind } }) => kind !== "local");
    if (!far) return;
    const unreachable = (field: readonly string[], listening: string, example: string): void => {
      const wide = `0.0.0.0:${addressOf(listening)?.port}`;
      const remedy = `${listening === wide ? "" : `listen on ${wide}, and `}say in ${field.at(-1)} how the hosts see that, e.g. ${example}`;
      context.addIssue({
        ...SENTENCE,
        path: [...field],
        message: `${far.name} cannot reach ${listening}: ${remedy}`,
      });
    };
    if (between.kind === "none" && coordinator.join === undefined && !isFarSeen(coordinator.listen))
      unreachable(["coordinator", "join"], coordinator.listen, "ws://192.0.2.7:8701");
    if (between.kind === "start" && between.url === undefined && !isFarSeen(between.listen))
      unreachable(["broker", "url"], between.listen, `${schemeOf(between)}://192.0.2.7:4222`);
  });

export type Cluster = z.infer<typeof schema>;

/**
 * Reads and checks a cluster file.
 *
 * @throws GanglionError CONFIG, one sentence a mistake, naming the field and the value
 */
export async function readCluster(file: string): Promise<Cluster> {
  const result = schema.safeParse(await readYaml(file), { reportInput: true });
  if (result.success) return result.data;
  throw mistakesOf(file, sentencesOf(result.error, schema));
}

/** One line for one mistake, a line for each of several. */
export function mistakesOf(file: string, sentences: readonly string[]): GanglionError {
  const [only, ...more] = sentences;
  return new GanglionError(
    "CONFIG",
    more.length === 0 ? `${file}: ${only}` : [`${file}:`, ...sentences].join("\n  "),
  );
}
