// What the words after `ganglion control RUN` ask for.
import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { ControlRequest } from "../../coordinator/steering/requests.ts";
import { nearest } from "../../shared/config/nearest.ts";
import { GanglionError } from "../../shared/errors.ts";

export interface Words {
  readonly action: string | undefined;
  readonly values: readonly string[];
}

const ACTIONS = [
  "pause",
  "resume",
  "stop",
  "checkpoint",
  "sample",
  "evaluate",
  "set",
  "train-only",
  "rollback",
  "fork",
] as const satisfies readonly ControlRequest["action"][];

/** @param steps of `--for` @throws GanglionError USAGE with what is right */
export function requestOf({ action, values }: Words, steps?: number): ControlRequest {
  const name = ACTIONS.find((one) => one === action);
  if (name === undefined) {
    const isNodes = action === "scale" || action === "add" || action === "remove";
    throw usage(
      isNodes
        ? `nodes of a launched run come and go with ganglion scale RUN ${values.join(" ") || "NODES"}; others join by ganglion worker`
        : `${action} is no action: did you mean ${nearest(String(action), [...ACTIONS, "link"])}? ganglion control --help has all`,
    );
  }
  if (steps !== undefined && name !== "train-only")
    throw usage(`--for ${steps} is for train-only: leave it out with ${name}`);
  const about = { id: randomUUID(), ...whoAsks() };
  switch (name) {
    case "pause":
    case "resume":
    case "stop":
    case "checkpoint":
    case "sample":
    case "evaluate":
      if (values.length > 0) throw usage(`${name} takes nothing: leave out ${values.join(" ")}`);
      return { ...about, action: name };
    case "set":
      if (values.length === 0)
        throw usage("set takes FIELD=VALUE, one or several, such as learning-rate=1e-4");
      return { ...about, action: name, change: [...values] };
    case "train-only":
      return { ...about, action: name, network: networkOf(values), ...forSteps(values, steps) };
    case "rollback": {
      const [to, ...change] = values;
      if (!/^[1-9]\d{0,14}$/.test(to ?? ""))
        throw usage(
          `rollback takes the step of a checkpoint, such as rollback 1500: ganglion control RUN lists them`,
        );
      return { ...about, action: name, to: Number(to), change };
    }
    case "fork": {
      const [first = ""] = values;
      const isStep = /^[1-9]\d{0,14}$/.test(first);
      return {
        ...about,
        action: name,
        ...(isStep && { checkpoint: Number(first) }),
        change: values.slice(isStep ? 1 : 0),
      };
    }
    default:
      return name satisfies never;
  }
}

function networkOf(values: readonly string[]): "discriminator" | "generator" | "both" {
  const [network, ...others] = values;
  if (others.length > 0) throw usage(`train-only takes one network: leave out ${others.join(" ")}`);
  if (network === "discriminator" || network === "generator" || network === "both") return network;
  throw usage(`train-only ${network ?? ""} names no network: write discriminator, generator or both`);
}

function forSteps(values: readonly string[], steps: number | undefined): { readonly steps?: number } {
  if (steps === undefined) return {};
  if (values[0] === "both") throw usage(`--for ${steps} is for one network: leave it out with both`);
  return { steps };
}

/** For the audit; nothing where the system does not say. */
function whoAsks(): { readonly by?: string } {
  try {
    return { by: userInfo().username.slice(0, 100) || "unknown" };
  } catch {
    return {}; // a user without a name, as in some containers
  }
}

function usage(message: string): GanglionError {
  return new GanglionError("USAGE", message);
}
