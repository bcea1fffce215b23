// One host of a cluster file: how it is reached, what runs there, and what all hosts have in common.
import { z } from "zod";
import { DEVICES, ENGINES } from "../../../worker/engine/engine-choice.ts";
import { asKind, choice, section, integer, nonEmptyString } from "./cluster-fields.ts";

const OPTIONS_REMEDY = 'write a list, e.g. ["-p", "2222"]';
const sshOptions = z.array(nonEmptyString('write texts, e.g. ["-p", "2222"]'), OPTIONS_REMEDY);
const byCommand = z.strictObject({
  kind: z.literal("command"),
  command: nonEmptyString('write what starts a node, e.g. "srun --gres=gpu:1 {command}"')
    .refine((text) => text.includes("{command}"), "write {command} where the node's command goes")
    .describe("for schedulers; runs in a shell of this machine"),
});

/** How commands get to a host, as it is written there. */
const writtenReach = z.preprocess(
  asKind,
  z.discriminatedUnion(
    "kind",
    [
      z.strictObject({ kind: z.literal("local").describe("this machine") }),
      z.strictObject({
        kind: z.literal("ssh"),
        address: nonEmptyString("write it as ssh takes it: user@host, or a name of ~/.ssh/config"),
        options: sshOptions.optional().describe("more for ssh; without, those of the defaults"),
      }),
      byCommand,
    ],
    "write local, { kind: ssh, address: … } or { kind: command, command: … }",
  ),
);

/** How commands get to a host that does not say it: {host} is its name, or what scale --add called it. */
const defaultReach = z.preprocess(
  asKind,
  z.discriminatedUnion(
    "kind",
    [
      z.strictObject({
        kind: z.literal("ssh"),
        address: nonEmptyString('write it as ssh takes it, with {host} for the host, e.g. "me@{host}"')
          .refine((text) => text.includes("{host}"), "write {host} where the host's name goes")
          .default("{host}"),
        options: sshOptions.default([]).describe("more for ssh"),
      }),
      byCommand,
    ],
    'write { kind: ssh, options: … } or { kind: command, command: "ssh {host} {command}" }',
  ),
);

/** What many hosts may have in common; each field may be left out. */
const COMMON = {
  program: nonEmptyString("write how Ganglion is started there, e.g. /opt/ganglion/bin/ganglion")
    .optional()
    .describe("how Ganglion is started there; here it is this very program"),
  engine: choice([...ENGINES, "auto"])
    .optional()
    .describe("what executes the step, as in worker --engine"),
  device: choice([...DEVICES, "auto"])
    .optional()
    .describe("what the engine runs on, as in worker --device"),
  data: nonEmptyString("write a path on that host, or strokes")
    .optional()
    .describe("where this host has the run's data, if not where the coordinator has it"),
  tlsCa: nonEmptyString("write a path on that host")
    .optional()
    .describe(
      "certificates that it trusts, PEM: for wss:// and tls://; without, what run.tlsCa trusts of a broker on this machine, those of its system on others",
    ),
  environment: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      z.string('write text: in quotes where it is a number, e.g. "1"'),
      section('write variables with their values, e.g. { NCCL_DEBUG: "WARN" }'),
    )
    .default({})
    .describe("of its nodes; a host's own stand beside those of the defaults, and before them"),
};

export const hostDefaults = z.strictObject(
  {
    ...COMMON,
    reach: defaultReach
      .optional()
      .describe("without, hosts of the file are this machine, and those that scale --add brings by ssh"),
    threads: integer(1, 256).default(1).describe("threads a node"),
  },
  section("write fields of a host, e.g. { program: /opt/ganglion/bin/ganglion }"),
);
export type HostDefaults = z.infer<typeof hostDefaults>;

const GPUS_REMEDY = "write how many (2), or which of them ([0, 2]), by numbers from 0 to 63";

export const writtenHost = z.strictObject(
  {
    name: z
      .string("write a text: what logs and the dashboard are to call it")
      .regex(/^[A-Za-z0-9._-]{1,60}$/, "letters, digits, dots and dashes, please: at most 60")
      .describe("what logs and the dashboard call it"),
    ...COMMON,
    reach: writtenReach.optional().describe("without, as the defaults say, or this machine"),
    nodes: integer(1, 1024).optional().describe("node processes, where there are no GPUs (default 1)"),
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
    threads: integer(1, 256).optional().describe("threads a node"),
  },
  section("write fields, e.g. { name: gpu1, gpus: 8 }"),
);
export type WrittenHost = z.infer<typeof writtenHost>;

export type Reach =
  | { readonly kind: "local" }
  | { readonly kind: "ssh"; readonly address: string; readonly options: readonly string[] }
  | { readonly kind: "command"; readonly command: string };

/** With everything that was left out filled in. */
export interface Host extends Omit<WrittenHost, "reach" | "threads"> {
  readonly reach: Reach;
  readonly threads: number;
}

/** A sentence where the host's device does not go with its GPUs. */
export function mistakeOfDevice({
  name,
  gpus,
  device,
}: Pick<Host, "name" | "gpus" | "device">): string | null {
  const several = typeof gpus === "number" ? gpus > 1 : (gpus ?? []).length > 1;
  return device === "webgpu" && several
    ? `${name} has several GPUs, and nothing pins WebGPU to one of them: use device cuda`
    : null;
}
