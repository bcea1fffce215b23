// The config that flags, a config file and a preset make, before and after the data are known.
import { writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type ConfigDraft, configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";
import type { ConfigFlags } from "../../../../deploy/flags/config-flags.ts";
import { temporaryFolder } from "../../../support/cli.ts";

const DATA = resolve(import.meta.dirname);
const PHOTOS = { imageShape: [200, 160, 3], count: 10_000 } as const;

async function fromFile(content: object, flags: ConfigFlags = {}): Promise<ConfigDraft> {
  const config = join(await temporaryFolder(), "config.json");
  await writeFile(config, JSON.stringify(content));
  return configFromFlags({ ...flags, config });
}

test("a data folder is kept by its whole path: a run may be resumed from elsewhere", async () => {
  const draft = await configFromFlags({ data: relative("", DATA) });
  expect(draft.config.data).toBe(DATA);
  expect(draft.forData(PHOTOS).data).toBe(DATA);
});

describe("a config file", () => {
  const fileOf = async (bytes: Buffer): Promise<string> => {
    const file = join(await temporaryFolder(), "config.json");
    await writeFile(file, bytes);
    return file;
  };

  test.each<"utf8" | "utf16le">(["utf8", "utf16le"])(
    "with a byte order mark is read in %s",
    async (encoding) => {
      const config = await fileOf(Buffer.from('\ufeff{"batch": 32, "shard": 16}', encoding));
      expect((await configFromFlags({ config })).config).toMatchObject({ batch: 32, shard: 16 });
    },
  );

  test("that is wrong is told with the line and the likely cause", async () => {
    const config = await fileOf(Buffer.from('{\n  "batch": 32,\n}'));
    await expect(configFromFlags({ config })).rejects.toThrow(
      `the config file ${config} cannot be read: line 2, column 14: a comma stands before }: leave it out; give`,
    );
  });
});

test("what is no folder keeps its name", async () => {
  expect((await configFromFlags({})).config.data).toBe("strokes");
  expect((await configFromFlags({ data: "stroks" })).config.data).toBe("stroks");
});

describe("where no preset is named, it is", () => {
  const module = async (content: string): Promise<string> => {
    const file = join(await temporaryFolder(), "model.mjs");
    await writeFile(file, content);
    return file;
  };

  test("dcgan with data of one's own, by flag or file", async () => {
    expect((await configFromFlags({ data: DATA })).config.preset).toBe("dcgan");
    expect((await fromFile({ data: DATA })).config.preset).toBe("dcgan");
    expect((await fromFile({ data: "strokes" }, { data: DATA })).config.preset).toBe("dcgan");
  });

  test("digits with none, and with the built-in ones", async () => {
    expect((await configFromFlags({})).config.preset).toBe("digits");
    expect((await configFromFlags({ data: "strokes" })).config.preset).toBe("digits");
    expect((await fromFile({ data: DATA }, { data: "strokes" })).config.preset).toBe("digits");
  });

  test("digits, or seed-cnn, with a module, whatever the data", async () => {
    const gan = await module("export const generator = () => {};");
    const classifier = await module("export const classifier = () => {};");
    expect((await configFromFlags({ data: DATA, model: gan })).config.preset).toBe("digits");
    expect((await configFromFlags({ data: DATA, model: classifier })).config.preset).toBe("seed-cnn");
  });

  test("never another than the one that is", async () => {
    expect((await configFromFlags({ data: DATA, preset: "seed-gan" })).config.preset).toBe("seed-gan");
    expect((await fromFile({ data: DATA, preset: "mnist" })).config.preset).toBe("mnist");
  });
});

describe("dcgan takes its settings from the data", () => {
  test("as far as neither flag nor file gives them", async () => {
    const usual = (await configFromFlags({ data: DATA })).forData(PHOTOS);
    expect(usual).toMatchObject({
      model: { kind: "preset", name: "dcgan", filters: 32 },
      batch: 32,
      shard: 16,
      optimizer: { learningRate: 1e-4 },
      latentSize: 100,
      length: { kind: "epochs", epochs: 100 }, // a million images
    });
    const flags = { data: DATA, filters: 8, learningRate: 0.01, epochs: 3, clipNorm: 1 };
    const { forData } = await fromFile({ latentSize: 7, batch: 48 }, flags);
    expect(forData(PHOTOS)).toMatchObject({
      model: { filters: 8 },
      batch: 48,
      shard: 16, // of the usual, for it divides the batch
      optimizer: { learningRate: 0.01, clip: { norm: 1 } },
      latentSize: 7,
      length: { kind: "epochs", epochs: 3 },
    });
  });

  test("but not the size of the noise that a module is made for", async () => {
    const model = join(await temporaryFolder(), "gan.mjs");
    await writeFile(model, "export const latentSize = 7;\nexport const generator = () => {};");
    const { forData } = await configFromFlags({ preset: "dcgan", model, data: DATA });
    expect(forData(PHOTOS)).toMatchObject({ latentSize: 7, batch: 32, model: { kind: "module" } });
  });

  test("mirrored images count as others", async () => {
    const { forData } = await configFromFlags({ data: DATA, flip: true });
    expect(forData(PHOTOS).length).toEqual({ kind: "epochs", epochs: 50 });
  });

  test("a batch is made to fit a given shard, and a shard a given batch", async () => {
    const sizes = async (flags: ConfigFlags): Promise<number[]> => {
      const { batch, shard } = (await configFromFlags({ data: DATA, ...flags })).forData(PHOTOS);
      return [batch, shard];
    };
    expect(await sizes({ shard: 12 })).toEqual([36, 12]); // 32 / 12 is nearest to 3
    expect(await sizes({ shard: 100 })).toEqual([100, 100]);
    expect(await sizes({ batch: 30 })).toEqual([30, 30]);
    expect(await sizes({ batch: 30, shard: 10 })).toEqual([30, 10]);
  });

  test("the same on a config of its own making: nothing is left to other data", async () => {
    const config = (await configFromFlags({ data: DATA })).forData(PHOTOS);
    const again = await fromFile(config);
    expect(again.forData({ imageShape: [8, 8, 1], count: 50 })).toEqual(config);
  });

  test("and the other presets none", async () => {
    for (const preset of ["digits", "mnist", "seed-gan"]) {
      const { config, forData } = await configFromFlags({ preset, data: DATA });
      expect(forData(PHOTOS)).toEqual(config);
    }
  });
});

describe("mistakes are found before the data are read:", () => {
  test.each<[ConfigFlags, string]>([
    [{ batch: 10, shard: 4 }, "a shard of 4 samples does not divide the batch of 10"],
    [{ learningRate: 11 }, "optimizer.learningRate"],
    [{ momentum: 0.9 }, "--momentum 0.9 is for sgd and rmsprop"],
    [{ warmUp: 5, steps: 5 }, "a warm-up of 5 steps is not over"],
    [{ preset: "dcgn" }, "did you mean dcgan?"],
    [
      { schedule: "simultaneous", discriminatorRounds: 2 },
      "--discriminator-rounds 2 is for --schedule alternating",
    ],
  ])("%j", async (flags, sentence) => {
    await expect(configFromFlags({ data: DATA, ...flags })).rejects.toThrow(sentence);
  });
});

describe("the schedule", () => {
  const scheduleOf = async (flags: ConfigFlags): Promise<unknown> =>
    (await configFromFlags(flags)).config.schedule;

  test("alternates where its rounds are given, and keeps the preset's where only its kind is", async () => {
    expect(await scheduleOf({ discriminatorRounds: 5 })).toEqual({
      kind: "alternating",
      discriminatorRounds: 5,
    });
    expect(await scheduleOf({ schedule: "alternating" })).toEqual({
      kind: "alternating",
      discriminatorRounds: 1,
    });
    const seed = { preset: "seed-gan" }; // alternates with two rounds
    expect(await scheduleOf({ ...seed, schedule: "alternating" })).toEqual({
      kind: "alternating",
      discriminatorRounds: 2,
    });
    expect(await scheduleOf({ ...seed, schedule: "simultaneous" })).toEqual({ kind: "simultaneous" });
  });
});

test("what is drawn and kept follows the flags, before a file", async () => {
  const fields = { latentSize: 32, average: 0.9, sampleEvery: 100, checkpointEvery: 200, keep: 5 };
  const flags: ConfigFlags = { latentSize: 16, average: 0, sampleEvery: 10, keep: "all" };
  expect((await fromFile(fields, {})).config).toMatchObject(fields);
  expect((await fromFile(fields, flags)).config).toMatchObject({ ...fields, ...flags });
  const refused =
    'config field keep: write how many of the newest checkpoints stay, thinned or all, not "newest"';
  await expect(fromFile({ keep: "newest" as "all" }, {})).rejects.toThrow(refused);
  await expect(fromFile({ keep: 0 }, {})).rejects.toThrow(
    "config field keep: give a number greater than 0, not 0",
  );
});

describe("--filters", () => {
  test("changes the networks of dcgan, digits and mnist, which else have those of the preset", async () => {
    for (const [preset, usual] of [
      ["dcgan", 64],
      ["digits", 32],
      ["mnist", 64],
    ] as const) {
      expect((await configFromFlags({ preset })).config.model).toEqual({ kind: "preset", name: preset, filters: usual }); // prettier-ignore
      const { config } = await configFromFlags({ preset, filters: 5 });
      expect(config.model).toEqual({ kind: "preset", name: preset, filters: 5 });
    }
    const { config } = await fromFile({ model: { kind: "preset", name: "mnist" } }, { filters: 7 });
    expect(config.model).toEqual({ kind: "preset", name: "mnist", filters: 7 });
  });

  test("is refused where no network would have them", async () => {
    const model = join(await temporaryFolder(), "gan.mjs");
    await writeFile(model, "export const generator = () => {};");
    const refused = "leave it out, or choose --preset dcgan";
    const cases: [() => Promise<unknown>, string][] = [
      [() => configFromFlags({ preset: "seed-gan", filters: 9 }), "--filters 9 is for the presets dcgan, digits, mnist, resnet, sagan, r3gan, and both networks are those of preset seed-gan"],
      [() => configFromFlags({ model, filters: 9 }), `--filters 9 is for the presets dcgan, digits, mnist, resnet, sagan, r3gan, and both networks are those of ${model}`],
      [() => configFromFlags({ generator: "g.json", discriminator: "d.json", filters: 9 }), "is for the networks of dcgan, digits, mnist, resnet, sagan, r3gan, and both networks are those of --generator and --discriminator"],
      [() => fromFile({ model: { kind: "preset", name: "seed-gan", filters: 3 } }), "config field model.filters is for the presets dcgan, digits, mnist"],
    ]; // prettier-ignore
    for (const [draft, said] of cases) {
      const error: unknown = await draft().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ exitCode: 2 });
      expect((error as Error).message).toContain(said);
      expect((error as Error).message).toContain(refused);
    }
  });
});
