// A cluster as a file: which hosts, how each is reached, what runs there. One schema; each field with its reason.
import { z } from "zod";
import { GanglionError } from "../../../shared/errors.ts";
import { broker, mistakesOfTls } from "./broker-fields.ts";
import { listen, section, webSocketUrl, nonEmptyString } from "./cluster-fields.ts";
import { SENTENCE, sentencesOf } from "./cluster-mistakes.ts";
import { reachabilityMistake } from "./reachability.ts";
import { type Host, hostDefaults, mistakeOfDevice, writtenHost } from "./host.ts";
import { completeHost } from "./host-defaults.ts";
import { readYaml } from "./yaml-file.ts";

const schema = z
  .strictObject({
    run: z
      .record(
        nonEmptyString("write flags by their names"),
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
          token: nonEmptyString("write text: in quotes where it is a number")
            .optional()
            .describe("what nodes must present; without, GANGLION_TOKEN, or one is drawn for this launch"),
        },
        section("write fields, e.g. { listen: 0.0.0.0:8701, join: ws://192.0.2.7:8701 }"),
      )
      .prefault({}),
    broker: broker.prefault({ kind: "none" }),
    defaults: hostDefaults
      .prefault({})
      .describe("what each host has that does not say otherwise, and one that scale --add brings"),
    hosts: z
      .array(writtenHost, "write a list, e.g. [{ name: here }]")
      .min(1, "write at least one, e.g. [{ name: here }]"),
  })
  .superRefine((written, context) => {
    const { run, coordinator, broker: between } = written;
    const hosts = written.hosts.map((host) => completeHost(host, written));
    hosts.forEach((host, i) => {
      const { name, nodes, gpus } = host;
      const complain = (field: string, message: string): void =>
        context.addIssue({ ...SENTENCE, path: ["hosts", i, field], message });
      if (hosts.findIndex((other) => other.name === name) < i)
        complain("name", `two hosts are named ${name}: give each its own name`);
      if (nodes !== undefined && gpus !== undefined)
        complain("nodes", `${name} has nodes and gpus: there is one node a GPU, so leave nodes out`);
      const mistake = mistakeOfDevice(host);
      if (mistake !== null) complain("device", mistake);
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
    const mistake = far ? reachabilityMistake(far, written) : null;
    if (mistake) context.addIssue({ ...SENTENCE, path: [...mistake.path], message: mistake.sentence });
  });

export type WrittenCluster = z.infer<typeof schema>;

/** With every host complete: what it leaves out is filled in from the defaults. */
export interface Cluster extends Omit<WrittenCluster, "hosts"> {
  readonly hosts: readonly Host[];
}

/**
 * Reads and checks a cluster file.
 *
 * @throws GanglionError CONFIG, one sentence a mistake, naming the field and the value
 */
export async function readCluster(file: string): Promise<Cluster> {
  const result = schema.safeParse(await readYaml(file), { reportInput: true });
  if (result.success) {
    const written = result.data;
    return { ...written, hosts: written.hosts.map((host) => completeHost(host, written)) };
  }
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
