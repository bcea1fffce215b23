// What a user calls a run: `--name`, `--tag`, `--note`.
import { InvalidArgumentError } from "commander";
import type { RunRecord } from "../../../coordinator/records/run-record.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { type Flag, type FlagValues } from "../../flags/flag.ts";

const MOST_TAGS = 100;

export const LABEL_FLAGS = {
  name: {
    argument: "<name>",
    parse: labelOf("a name", 80),
    help: "what the run's folder is called behind its number (default: by networks and data)",
  },
  tag: {
    argument: "<tag>",
    parse: tagged,
    help: "a tag for ganglion runs to show; give it as often as you like, beside --resume to add one",
  },
  note: {
    argument: "<text>",
    parse: labelOf("a note", 4000),
    help: "a remark that run.json and log.txt keep",
  },
} as const satisfies Record<string, Flag>;
export type LabelFlags = FlagValues<typeof LABEL_FLAGS>;

/**
 * The record of a run with what these flags call it: a resumed run gets further tags, and another note in place of its own.
 *
 * @throws GanglionError USAGE for another name
 */
export function withLabels(
  record: RunRecord,
  { name, tag = [], note, resume }: LabelFlags & { readonly resume?: string },
): RunRecord {
  if (resume !== undefined && name !== undefined && name !== record.name) {
    throw new GanglionError(
      "USAGE",
      `--name ${name} is for a new run, and this one ${record.name === null ? "has none" : `is called ${record.name}`}: leave it out, or rename its folder`,
    );
  }
  return {
    ...record,
    name: name ?? record.name,
    tags: [...new Set([...record.tags, ...tag])].slice(0, MOST_TAGS),
    note: note ?? record.note,
  };
}

function labelOf(what: string, longest: number): (text: string) => string {
  return (text) => {
    const label = text.trim();
    if (label === "" || label.length > longest)
      throw new InvalidArgumentError(`Give ${what} of 1 to ${longest} characters.`);
    return label;
  };
}

/** Once for each time that the flag is given, with the tags before it. */
function tagged(text: string, before?: readonly string[]): readonly string[] {
  if (text.includes(",")) throw new InvalidArgumentError("Give one tag, and the next with another --tag.");
  return [...(before ?? []), labelOf("a tag", 60)(text)];
}
