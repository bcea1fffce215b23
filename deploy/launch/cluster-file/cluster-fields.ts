// The kinds of fields that a cluster file has, each with the remedy for what it refuses.
import { z } from "zod";
import { GanglionError } from "../../../shared/errors.ts";
import { isLoopback } from "../../../shared/http/loopback.ts";
import { isEverywhere } from "../../../shared/transport/tls/own-addresses.ts";
import { parseNatsUrl } from "../../../shared/transport/nats/client/address.ts";
import { addressOf } from "../../flags/address.ts";
import { SENTENCE } from "./cluster-mistakes.ts";

// What a field refuses is answered with the remedy alone: the sentence around it names the field and the value.

export function integer(least: number, most: number): z.ZodInt {
  const remedy = `write a whole number from ${least} to ${most}`;
  return z.int(remedy).min(least, remedy).max(most, remedy);
}

export function nonEmptyString(remedy: string): z.ZodString {
  return z.string(remedy).min(1, remedy);
}

export function choice(names: readonly string[]): z.ZodType<string> {
  return z.enum(names, `write ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
}

export function listen(usual: string): z.ZodDefault<z.ZodString> {
  const remedy = `write HOST:PORT, for example ${usual}`;
  return z
    .string(remedy)
    .refine((text) => addressOf(text) !== null, remedy)
    .default(usual);
}

export const natsUrl = z.string("write nats://HOST:PORT").superRefine((url, context) => {
  try {
    parseNatsUrl(url);
  } catch (error) {
    if (!(error instanceof GanglionError)) throw error;
    context.addIssue({ ...SENTENCE, message: error.message });
  }
});

const JOIN_REMEDY = "write ws://HOST:PORT or wss://HOST:PORT, for example ws://192.0.2.7:8701";
export const webSocketUrl = z.string(JOIN_REMEDY).refine(isWebSocketUrl, JOIN_REMEDY);

export const section = (remedy: string): { error: z.core.$ZodErrorMap } => ({
  error: (issue) => (issue.code === "invalid_type" ? remedy : undefined),
});

/** A word stands for a kind that needs no more. */
export function asKind(given: unknown): unknown {
  return typeof given === "string" ? { kind: given } : given;
}

/** Whether an address to listen on is also one that other machines can connect to. */
export function isReachableByOthers(listening: string): boolean {
  const name = addressOf(listening)?.host ?? "";
  return !isLoopback(name) && !isEverywhere(name);
}

function isWebSocketUrl(text: string): boolean {
  return URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol) && new URL(text).hostname !== "";
}
