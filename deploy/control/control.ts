// `ganglion control`: asks something of a run that goes on, and says what it answers.
import {
  type Acknowledgement,
  type ControlRequest,
  type SteeringView,
  acknowledgementSchema,
  steeringViewSchema,
} from "../../coordinator/steering/requests.ts";
import type { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { count } from "../terminal/format.ts";
import { complain, say, sayJson } from "../terminal/output.ts";
import { type ControlReply, exchange } from "./exchange.ts";
import { type PlaceFlags, type SteeredRun, findSteeredRun } from "./place.ts";
import { type Words, requestOf } from "./request-of.ts";

export interface ControlFlags extends PlaceFlags {
  /** Steps. */
  readonly for?: number;
  /** Seconds. */
  readonly wait: number;
  readonly json?: boolean;
}

/** @throws GanglionError USAGE or CONFIG where it is refused, AUTH without the right token, TRANSPORT where it cannot be asked */
export async function control(name: string, words: Words, flags: ControlFlags): Promise<void> {
  const request = words.action === undefined || words.action === "link" ? null : requestOf(words, flags.for);
  const run = await findSteeredRun(name, flags);
  if (words.action === "link") return sayLink(run, flags);
  if (request === null) return sayView(parsed(steeringViewSchema, await ask(run)), flags);
  const answer = await answerOf(run, request, flags);
  if (flags.json) sayJson({ event: "control", ...answer });
  switch (answer.outcome) {
    case "applied":
      if (!flags.json) for (const line of appliedLines(answer)) say(line);
      return;
    case "refused":
      throw new GanglionError(
        "USAGE",
        `${answer.action} is refused at step ${answer.step}: ${answer.reason}`,
      );
    case "pending":
      throw new GanglionError(
        "TRANSPORT",
        `${answer.action} is not answered after ${flags.wait} s: it stays asked for, and is done after the present step; ganglion status shows whether the run goes on`,
      );
    default:
      answer satisfies never;
  }
}

/** The same request again until it is answered: a step may take longer than one exchange. */
async function answerOf(
  run: SteeredRun,
  request: ControlRequest,
  { wait, json }: ControlFlags,
): Promise<Acknowledgement> {
  const until = performance.now() + 1000 * wait;
  for (let isFirst = true; ; isFirst = false) {
    const answer = parsed(acknowledgementSchema, await ask(run, request));
    if (answer.outcome !== "pending" || performance.now() > until) return answer;
    if (isFirst && !json) complain(`${answer.action} is done after the present step: waiting`);
  }
}

async function ask(run: SteeredRun, request?: ControlRequest): Promise<ControlReply> {
  let reply: ControlReply;
  try {
    reply = await exchange(run.place, request);
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw new GanglionError(
      "TRANSPORT",
      `${run.name} cannot be asked: ${messageOf(cause)}; whether the run goes on is shown by ganglion status`,
      { cause },
    );
  }
  if (reply.status < 400 || reply.status === 409) return reply;
  const why = reply.text.trim().slice(0, 1000) || `status ${reply.status}`;
  const code = reply.status === 401 || reply.status === 403 ? "AUTH" : "USAGE";
  throw new GanglionError(code, `${run.name}: ${why}`);
}

/** @throws GanglionError PROTOCOL for what no run of this version answers */
function parsed<T extends z.ZodType>(schema: T, { text }: ControlReply): z.infer<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const message = "the answer is none of a run of this version: steer it with the Ganglion that runs it";
    throw new GanglionError("PROTOCOL", message, { cause });
  }
}

function appliedLines({ action, step, said }: Extract<Acknowledgement, { outcome: "applied" }>): string[] {
  return [`${action}: applied at step ${count(step)}`, ...said.map((sentence) => `  ${sentence}`)];
}

function sayLink({ name, link }: SteeredRun, { json }: ControlFlags): void {
  if (link === null)
    throw new GanglionError(
      "USAGE",
      `${name} has no dashboard on this machine to link to: start it with --dashboard 8700`,
    );
  if (json) sayJson({ event: "link", url: link });
  else say(link);
}

function sayView(view: SteeringView, { json }: ControlFlags): void {
  if (json) return sayJson({ event: "control", ...view });
  const { run, state, step, checkpoints, pending, config } = view;
  const only = config?.["trainOnly"] as { readonly network: string; readonly untilStep?: number } | undefined;
  say(`${run}: ${state}, step ${count(step)}`);
  if (only)
    say(
      `  trains the ${only.network} only${only.untilStep === undefined ? "" : `, until step ${count(only.untilStep)}`}`,
    );
  say(
    `  ${checkpoints.length === 0 ? "no checkpoint yet" : `checkpoints of steps ${checkpoints.join(", ")}`}`,
  );
  if (pending > 0) say(`  ${pending} not answered yet, until the present step is done`);
  say("  ganglion control --help shows what it can be asked");
}
