// What may be asked of a run while it goes on, and what it answers: the schemas of `POST /control`.
import { z } from "zod";

const id = z
  .string()
  .regex(/^[\w-]{8,64}$/, "8 to 64 letters, digits, _ or - are due")
  .describe(
    "the sender's own, another for each request: a request that is sent again is answered again, and done once",
  );

const by = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe("who asks, for the run's audit; as the sender says it");

const count = z.int().positive().max(Number.MAX_SAFE_INTEGER);

const change = z
  .array(z.string().min(3).max(1000))
  .max(50)
  .describe("FIELD=VALUE each, as `--resume --change` takes them: learning-rate=1e-4, sample-every=100");

const about = { id, by };

/** Written out, so that each says which fields it has. */
export const controlRequestSchema = z.discriminatedUnion("action", [
  z.strictObject({ ...about, action: z.literal("pause") }),
  z.strictObject({ ...about, action: z.literal("resume") }),
  z.strictObject({ ...about, action: z.literal("stop") }),
  z.strictObject({ ...about, action: z.literal("checkpoint") }),
  z.strictObject({ ...about, action: z.literal("sample") }),
  z.strictObject({ ...about, action: z.literal("evaluate") }),
  z.strictObject({ ...about, action: z.literal("set"), change: change.min(1) }),
  z.strictObject({
    ...about,
    action: z.literal("train-only"),
    network: z.literal(["discriminator", "generator", "both"]),
    steps: count.optional().describe("steps after which both are trained again; absent: until it is changed"),
  }),
  z.strictObject({
    ...about,
    action: z.literal("rollback"),
    to: count.describe("steps of the checkpoint to go back to"),
    change: change
      .default([])
      .describe("with which it goes on: without a change it makes the same steps again"),
  }),
  z.strictObject({
    ...about,
    action: z.literal("fork"),
    checkpoint: count.optional().describe("steps of the checkpoint to begin from; absent: the newest"),
    change: change.default([]),
  }),
]);
export type ControlRequest = z.infer<typeof controlRequestSchema>;
export type ControlAction = ControlRequest["action"];

const steps = z.int().nonnegative().describe("steps made when it was answered");
const action = z.string();

/** `applied`: done, and where it changes the run's course, in its history. `pending`: ask again with the same id. */
export const acknowledgementSchema = z.discriminatedUnion("outcome", [
  z.object({
    id,
    action,
    outcome: z.literal("applied"),
    step: steps,
    said: z.array(z.string()).describe("what there is to say of it, in sentences"),
  }),
  z.object({
    id,
    action,
    outcome: z.literal("refused"),
    step: steps,
    reason: z.string().describe("with the remedy"),
    command: z.string().optional().describe("a command line that does it instead"),
  }),
  z.object({ id, action, outcome: z.literal("pending"), step: steps }),
]);
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
export type Answered = Exclude<Acknowledgement, { outcome: "pending" }>;

/** What `GET /control` says: where the run is, and what it can be asked. */
export const steeringViewSchema = z.object({
  run: z.string(),
  state: z.literal(["preparing", "training", "paused", "stopping", "over"]),
  step: steps,
  checkpoints: z.array(z.int()).describe("steps of those that it can go back to, newest first"),
  config: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("in effect now, as config.json has it; null while the run is prepared"),
  pending: z.int().nonnegative().describe("requests that are not answered yet"),
});
export type SteeringView = z.infer<typeof steeringViewSchema>;
