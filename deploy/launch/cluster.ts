// A cluster as a file: which hosts, how each is reached, what runs there. One schema; each field with its reason.
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { nearest } from "../../shared/nearest.ts";

const count = z.int().positive();
const word = z.string().min(1);

/** How commands get to a host. */
const reach = z.preprocess(
  (given) => (typeof given === "string" ? { kind: given } : given),
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("local").describe("this machine") }),
    z.strictObject({
      kind: z.literal("ssh"),
      address: word.describe("as ssh takes it: user@host, or a name of ~/.ssh/config"),
      options: z.array(z.string()).default([]).describe('more for ssh, e.g. ["-p", "2222"]'),
    }),
    z.strictObject({
      kind: z.literal("command"),
      command: word
        .refine((text) => text.includes("{command}"), "write {command} where the node's command goes")
        .describe('for schedulers, e.g. "srun --gres=gpu:1 {command}"; runs in a shell of this machine'),
    }),
  ]),
);
export type Reach = z.infer<typeof reach>;

const host = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,60}$/, "letters, digits, dots and dashes, please")
    .describe("what logs and the dashboard call it"),
  reach: reach.prefault({ kind: "local" }),
  program: word.optional().describe("how Ganglion is started there; here it is this very program"),
  nodes: count.max(1024).optional().describe("node processes, where there are no GPUs (default 1)"),
  gpus: z
    .union([count.max(64), z.array(z.int().min(0).max(63)).min(1)])
    .optional()
    .describe("how many GPUs, or which: one node each"),
  threads: count.max(256).default(1).describe("threads a node"),
  engine: word.optional().describe("what executes the step, as in worker --engine"),
  device: word.optional().describe("what the engine runs on, as in worker --device"),
  data: word.optional().describe("where this host has the run's data, if not where the coordinator has it"),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
});
export type Host = z.infer<typeof host>;

/** What carries messages between coordinator and nodes. */
const broker = z.preprocess(
  (given) => (typeof given === "string" ? { kind: given } : given),
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none").describe("nodes connect to the coordinator by WebSockets") }),
    z.strictObject({ kind: z.literal("nats"), url: word.describe("a NATS server that runs already") }),
    z.strictObject({
      kind: z.literal("start").describe("a nats-server of this launch, on this machine"),
      listen: word.default("127.0.0.1:4222"),
      url: word.optional().describe("the same address as the hosts see it, if listen does not say"),
      program: word.default("nats-server"),
    }),
  ]),
);
export type Broker = z.infer<typeof broker>;

const schema = z
  .strictObject({
    run: z
      .record(word, z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe("flags of `ganglion coordinator` by their long names: preset, data, steps …"),
    coordinator: z
      .strictObject({
        listen: word.default("127.0.0.1:8701").describe("where nodes join; it runs on this machine"),
        join: word.optional().describe("the same address as the hosts see it, if listen does not say"),
        token: word.optional().describe("what nodes must present; without, one is drawn for this launch"),
      })
      .prefault({}),
    broker: broker.prefault({ kind: "none" }),
    hosts: z.array(host).min(1),
  })
  .superRefine(({ hosts, coordinator, broker: between }, context) => {
    hosts.forEach(({ name, nodes, gpus, device }, i) => {
      const complain = (field: string, message: string): void =>
        context.addIssue({ code: "custom", path: ["hosts", i, field], message });
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
    const far = hosts.find(({ reach: { kind } }) => kind !== "local");
    if (!far) return;
    const unreachable = (section: string, field: string, address: string, remedy: string): void =>
      context.addIssue({
        code: "custom",
        path: [section, field],
        message: `${far.name} cannot reach ${address}: listen on ${remedy}`,
      });
    if (between.kind === "none" && coordinator.join === undefined && isOnlyHere(coordinator.listen)) {
      const remedy = "0.0.0.0:8701, and say in join how the hosts see that, e.g. ws://192.0.2.7:8701";
      unreachable("coordinator", "join", coordinator.listen, remedy);
    }
    if (between.kind === "start" && between.url === undefined && isOnlyHere(between.listen)) {
      const remedy = "0.0.0.0:4222, and say in url how the hosts see that, e.g. nats://192.0.2.7:4222";
      unreachable("broker", "url", between.listen, remedy);
    }
  });

export type Cluster = z.infer<typeof schema>;

/**
 * Reads and checks a cluster file.
 *
 * @throws GanglionError CONFIG, one sentence a mistake, naming the field and the value
 */
export async function readCluster(file: string): Promise<Cluster> {
  let content: unknown;
  try {
    content = parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new GanglionError("CONFIG", `the cluster file ${file} cannot be read: ${messageOf(cause).trim()}`, {
      cause,
    });
  }
  const result = schema.safeParse(content, { reportInput: true });
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => sentenceOf(issue));
  throw new GanglionError("CONFIG", `${file}: ${sentences.join("; ")}`);
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? schema.shape : fieldsOf(issue.path);
    const names = issue.keys.map((key) => `"${key}" (did you mean ${nearest(key, Object.keys(known))}?)`);
    return `${field ? `${field}: ` : ""}there is no field ${names.join(" nor ")}`;
  }
  if (issue.code !== "custom" && issue.input === undefined) return `${field} is missing: ${issue.message}`;
  const given = issue.code !== "custom" && field ? `, not ${JSON.stringify(issue.input)}` : "";
  return `${field ? `${field}: ` : ""}${issue.message}${given}`;
}

function fieldsOf([first, , third]: readonly PropertyKey[]): object {
  if (first === "coordinator") return { listen: 0, join: 0, token: 0 };
  if (first === "broker") return { kind: 0, url: 0, listen: 0, program: 0 };
  return third === "reach" ? { kind: 0, address: 0, options: 0, command: 0 } : host.shape;
}

function isOnlyHere(address: string): boolean {
  return /^(?:127\.|localhost|\[::1\])/.test(address);
}
