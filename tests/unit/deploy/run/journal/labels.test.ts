// Names, tags and notes of runs, and command lines without their secrets.
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { EMPTY_RECORD } from "../../../../../coordinator/records/run-record.ts";
import { addFlags } from "../../../../../deploy/flags/flag.ts";
import { withoutSecrets } from "../../../../../deploy/run/journal/command-line.ts";
import { commandLine } from "../../../../../deploy/terminal/command-line.ts";
import { LABEL_FLAGS, type LabelFlags, withLabels } from "../../../../../deploy/run/journal/labels.ts";

function parsed(...words: string[]): LabelFlags {
  const command = addFlags(new Command("train").exitOverride(), LABEL_FLAGS);
  command.configureOutput({ writeErr: () => undefined });
  return command.parse(words, { from: "user" }).opts();
}

describe("labels", () => {
  test("are a name, a note, and any number of tags", () => {
    const flags = parsed("--tag", "a", "--name", " my run ", "--tag", "b", "--note", "what it is for");
    expect(flags).toEqual({ name: "my run", tag: ["a", "b"], note: "what it is for" });
    expect(withLabels(EMPTY_RECORD, flags)).toEqual({ name: "my run", tags: ["a", "b"], note: "what it is for", best: null, sessions: [] }); // prettier-ignore
  });

  test("of a resumed run gain tags, and get another note, but no other name", () => {
    const record = withLabels(EMPTY_RECORD, { name: "one", tag: ["a"], note: "old" });
    expect(withLabels(record, { tag: ["a", "b"], note: "new", resume: "1" })).toMatchObject({ tags: ["a", "b"], note: "new" }); // prettier-ignore
    expect(withLabels(record, { name: "one", resume: "1" })).toEqual(record);
    expect(() => withLabels(record, { name: "two", resume: "1" })).toThrow("--name two is for a new run, and this one is called one: leave it out"); // prettier-ignore
  });

  test.each([
    [["--name", " "], "Give a name of 1 to 80 characters"],
    [["--name", "x".repeat(81)], "Give a name of 1 to 80 characters"],
    [["--tag", "a,b"], "Give one tag, and the next with another --tag"],
    [["--note", ""], "Give a note of 1 to 4000 characters"],
  ])("refuse %j", (words, sentence) => {
    expect(() => parsed(...words)).toThrow(sentence);
  });
});

test.each([
  [
    ["train", "--token", "s3cret", "--steps", "5"],
    ["train", "--token", "***", "--steps", "5"],
  ],
  [["--token=s3cret"], ["--token=***"]],
  [
    ["--nats", "nats://me:s3cret@host:4222"],
    ["--nats", "nats://me:***@host:4222"],
  ],
  [
    ["--nats", "nats://me@host", "--note", "a:b@c"],
    ["--nats", "nats://me@host", "--note", "a:b@c"],
  ],
])("of %j the secrets are left out", (words, kept) => {
  expect(withoutSecrets(words)).toEqual(kept);
});

test("a command line can be pasted into a shell", () => {
  expect(commandLine(["train", "--note", "it's $HOME", "--steps", "5"])).toBe(
    String.raw`ganglion train --note 'it'\''s $HOME' --steps 5`,
  );
});
