// A table of flags as commander has it, and the rows of a run's config.
import { Command } from "commander";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fieldsOf, givenFlags, valueIn } from "../../../../deploy/flags/config-fields.ts";
import { CONFIG_FLAGS } from "../../../../deploy/flags/config-flags.ts";
import type { ConfigFlag } from "../../../../deploy/flags/tables/config-flag.ts";
import { addFlags } from "../../../../deploy/flags/flag.ts";
import { wholeNumber } from "../../../../deploy/flags/parsers.ts";
import { addNatsFlags } from "../../../../deploy/flags/transport-options.ts";
import type { RunConfig } from "../../../../shared/config/config.ts";

const TABLE = {
  warmUp: { argument: "<steps>", parse: wholeNumber(0), usual: 3, usualText: "three", help: "rises" },
  loud: { help: "says more" },
  secret: { argument: "<text>", variable: "GANGLION_TEST_SECRET", help: "is kept" },
  soft: { argument: "<text>", conflicts: "loud", help: "says less" },
  many: { argument: "<n...>", parse: wholeNumber(0), help: "several" },
};

function parsed(...words: string[]): object {
  const command = addFlags(new Command().exitOverride().configureOutput({ writeErr() {} }), TABLE);
  return command.parse(words, { from: "user" }).opts();
}

describe("a table's flags", () => {
  test("are written by their keys, read by their parsers, and have their usual values", () => {
    expect(parsed()).toEqual({ warmUp: 3 });
    expect(parsed("--warm-up", "7", "--loud", "--secret", "x")).toEqual({
      warmUp: 7,
      loud: true,
      secret: "x",
    });
    expect(() => parsed("--warm-up", "x")).toThrow("Give a whole number from 0");
    expect(() => parsed("--soft", "x", "--loud")).toThrow("cannot be used with option '--loud'");
  });

  test("are lists where several may be written, each read by the parser", () => {
    expect(parsed("--many", "1", "2", "--loud", "--many", "3")).toMatchObject({ many: [1, 2, 3] });
    expect(() => parsed("--many", "1", "x")).toThrow("Give a whole number from 0");
  });

  test("are taken from the environment where the command line is silent", () => {
    process.env["GANGLION_TEST_SECRET"] = "hidden";
    onTestFinished(() => void delete process.env["GANGLION_TEST_SECRET"]);
    expect(parsed()).toEqual({ warmUp: 3, secret: "hidden" });
    expect(parsed("--secret", "x")).toMatchObject({ secret: "x" });
  });

  test("are explained by the help", () => {
    const help = addFlags(new Command("try"), TABLE).helpInformation();
    expect(help).toMatch(/--warm-up <steps> +rises \(default: three\)\n +--loud +says more/);
  });
});

test.each(Object.entries<ConfigFlag>(CONFIG_FLAGS).filter(([, { path }]) => path !== undefined))(
  "what --resume compares --%s with is the field that it sets",
  (name, flag) => {
    const text = SAMPLES.find((sample) => parses(flag, sample))!;
    const one = flag.argument === undefined ? true : flag.parse ? flag.parse(text) : text;
    const flags = { [name]: flag.gather ? [one] : one };
    expect(valueIn(fieldsOf(flags) as RunConfig, flag)).toEqual(givenFlags(flags)[0].value);
  },
);

const SAMPLES = "5 0.5 3 sgd cosine alternating cover #0000ff fade=0:1 none hinge normal colour".split(" ");

function parses({ parse }: ConfigFlag, text: string): boolean {
  try {
    parse?.(text);
    return true;
  } catch {
    return false;
  }
}

test("a secret in the environment is the flag's value, and no help shows it", () => {
  vi.stubEnv("GANGLION_TOKEN", "s3cret");
  const command = addNatsFlags(new Command("train"));
  vi.unstubAllEnvs();
  expect(command.opts()["token"]).toBe("s3cret");
  expect(command.helpInformation()).not.toContain("s3cret");
});
