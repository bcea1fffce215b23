// How the course of a run may change while it goes on: what `--resume --change` may do, with the same checks.
import type { Course, CourseRequest } from "../../../coordinator/steering/between-steps.ts";
import type { Recorded } from "../../../coordinator/prepare.ts";
import { loadCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { differences } from "../../../shared/config/history/change.ts";
import { GanglionError } from "../../../shared/errors.ts";
import type { ChangeFlags } from "../../flags/changes.ts";
import { CONFIG_FLAGS } from "../../flags/config-flags.ts";
import { longFlag } from "../../flags/flag.ts";
import type { ConfigFlag } from "../../flags/tables/config-flag.ts";
import { commandLine } from "../../terminal/command-line.ts";
import { displayPath } from "../../terminal/format.ts";
import { type GoingOn, goOn } from "./going-on.ts";

/** A course, and what of it a check has read already. */
export interface CheckedCourse extends Course {
  /** The checkpoint to go back to that was checked last: what is written meanwhile may take its file's place. */
  takeCheckpoint(): Checkpoint | null;
}

/** Of the segment with this config. */
export function courseOf({ run, applied }: Recorded, folder: Pick<RunPaths, "checkpoints">): CheckedCourse {
  let checked: Checkpoint | null = null;
  return {
    async check(request, step) {
      checked = request.action === "rollback" ? await checkpointBefore(folder, request.to, step) : null;
      const place = checked
        ? { checkpoint: checked, run: checked.config.run }
        : { checkpoint: { step, config: { applied } }, run };
      const going = goOn(place, flagsOf(request, step), {});
      checkSteered(going, place.checkpoint.step);
      const isIdle = checked === null && !going.isChanged;
      return isIdle ? "it changes nothing: the run has that already" : null;
    },
    async forkCommand(request) {
      const flags = request.change.flatMap(flagWords);
      const found = await listCheckpoints(folder.checkpoints);
      const from =
        request.checkpoint === undefined ? found[0] : found.find(({ step }) => step === request.checkpoint);
      if (!from) throw noCheckpoint(request.checkpoint, found);
      return commandLine(["train", "--from", displayPath(from.file), ...flags]);
    },
    takeCheckpoint() {
      const taken = checked;
      checked = null;
      return taken;
    },
  };
}

/** What `--resume` would be given for the same. */
export function flagsOf(request: CourseRequest, step: number): ChangeFlags {
  switch (request.action) {
    case "set":
    case "rollback":
      return { change: request.change };
    case "train-only": {
      const { network, steps } = request;
      if (network === "both") return { trainOnly: null };
      return { trainOnly: { network, ...(steps !== undefined && { untilStep: step + steps }) } };
    }
    default:
      return request satisfies never;
  }
}

/** @throws GanglionError USAGE where there is none, CHECKPOINT where it is damaged */
async function checkpointBefore(
  { checkpoints }: Pick<RunPaths, "checkpoints">,
  to: number,
  step: number,
): Promise<Checkpoint> {
  const found = (await listCheckpoints(checkpoints)).filter((one) => one.step < step);
  const there = found.find((one) => one.step === to);
  if (!there) throw noCheckpoint(to, found);
  return loadCheckpoint(there.file);
}

/** Files are named by who may start runs on the machine, and not by who may steer one. */
const FILES = ["model", "networks", "extractor", "data"];

function checkSteered({ before, config }: GoingOn, step: number): void {
  const named = differences(before, config).find(({ path }) => FILES.includes(path.split(".")[0]));
  if (named)
    throw usage(
      `${named.path} names a file on the coordinator's machine, which cannot be changed from outside: stop the run, and go on with --resume --change`,
    );
  const { length } = config;
  if (length.kind === "steps" && length.steps < step)
    throw usage(
      `steps=${length.steps} is less than the ${step} steps the run has made: give those of the whole run`,
    );
}

function noCheckpoint(step: number | undefined, found: readonly { readonly step: number }[]): GanglionError {
  if (found.length === 0)
    return usage("the run has no earlier checkpoint yet: write one with the action checkpoint");
  const there = found.map((one) => one.step).join(", ");
  return usage(`the run has no checkpoint of step ${step}: it has those of steps ${there}`);
}

/** `learning-rate=1e-4` as the flag of a new run. */
function flagWords(change: string): string[] {
  const [field, ...rest] = change.split("=");
  const [, name] = /^\s*(?:--)?(.*?)\s*$/.exec(field) ?? [];
  const [value, flag] = [rest.join("=").trim(), flagNamed(name ?? "")];
  if (!flag || value === "")
    throw usage(
      `${change} is no flag of a new run and its value: write FLAG=VALUE, such as learning-rate=1e-4`,
    );
  if (flag.argument !== undefined) return [flag.name, value];
  return value === "true" ? [flag.name] : [];
}

function flagNamed(name: string): { readonly name: string; readonly argument: string | undefined } | null {
  const found = Object.entries<ConfigFlag>(CONFIG_FLAGS).find(([own]) => longFlag(own) === longFlag(name));
  return found ? { name: longFlag(found[0]), argument: found[1].argument } : null;
}

function usage(message: string): GanglionError {
  return new GanglionError("USAGE", message);
}
