// Wrong invocations of the program: each is answered at once with a sentence that helps, and leaves nothing behind.
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";

/** The program's flags, and what its answer must say: the value and the remedy. */
type Mistake = readonly [flags: readonly string[], ...says: (string | RegExp)[]];

/** A folder with a data set of four images, and other files that mistakes are made with. */
interface Place {
  readonly folder: string;
  /** Flags of a run that would work, with one step. */
  readonly train: readonly string[];
}

/** Answers take a third of a second each; all of a test run at the same time. */
const SOON = { timeout: 40_000 };

describe("the command", () => {
  test("names what is near an unknown command, flag or preset", SOON, async () => {
    await expectRefused(await place(), [
      [["trian"], "'trian'", "Did you mean train?"],
      [["trian", "--help"], "'trian'", "Did you mean train?"],
      [["train", "--stepz", "3"], "'--stepz'", "Did you mean --steps?"],
      [["train", "--lr", "3"], "'--lr'", "Did you mean --learning-rate?"],
      [["coordinator", "--batch-size", "3"], "'--batch-size'", "Did you mean --batch?"],
      [["train", "--steps", "3", "--epochs", "1"], "--epochs", "cannot be used with option '--steps"],
      [["train", "extra"], "too many arguments", "--help"],
      [["train", "--preset", "digts"], '"digts"', "did you mean digits?"],
      [["bench", "--preset", "seedgan"], '"seedgan"', "did you mean seed-gan?"],
      [[], "Usage: ganglion", "train [options]"],
    ]);
  });

  test.each([
    ["workers", "a whole number from 1 to 256"],
    ["threads", "a whole number from 1 to 256"],
    ["batch", "a whole number from 1"],
    ["shard", "a whole number from 1"],
    ["steps", "a whole number from 1"],
    ["seed", "a whole number from 0"],
    ["learning-rate", "a number greater than 0"],
    ["momentum", "a number from 0 to less than 1"],
    ["l2", "a number from 0"],
  ])("--%s takes nothing but %s", SOON, async (flag, remedy) => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      seed: ["0"],
      "learning-rate": ["1.5"],
      momentum: ["0"],
      l2: ["0", "1.5"],
    };
    const values = ["0", "-1", "NaN", "Infinity", "1.5", ""].filter(
      (value) => !allowed[flag]?.includes(value),
    );
    await expectRefused(
      await place(),
      values.map((value): Mistake => [["train", `--${flag}`, value], `--${flag}`, `'${value}'`, remedy]),
    );
  });

  test("names the choices where there are some", SOON, async () => {
    await expectRefused(await place(), [
      [["train", "--engine", "cuda"], "'cuda'", "graph, tensorflow, reference, auto"],
      [["train", "--transport", "carrier-pigeon"], "'carrier-pigeon'", "memory, ws"],
      [["train", "--device", "gpu0"], "'gpu0'", "Choose one of cpu"],
      [["train", "--optimizer", "adm"], "'adm'", "sgd, rmsprop, adam, adamw"],
      [["train", "--learning-rate-schedule", "cos"], "'cos'", "constant, linear, cosine, step"],
      [["train", "--dashboard", "70000"], "'70000'", "from 0 to 65535"],
      [["train", "--dashboard", "on"], "'on'", "from 0 to 65535"],
      [["train", "--dashboard", "here:port"], "'here:port'", "PORT, HOST:PORT or off"],
      [["coordinator", "--dashboard", "here:70000"], "'here:70000'", "PORT, HOST:PORT or off"],
    ]);
  });
});

describe("the config", () => {
  test("refuses numbers that do not go together", SOON, async () => {
    const here = await place();
    await expectRefused(here, [
      [["train", "--batch", "10", "--shard", "4"], "4 samples", "batch of 10", "choose one that does"],
      [[...here.train, "--batch", "6"], "batch of 6", "4 images", "lower --batch"],
      [["train", "--learning-rate", "11"], "optimizer.learningRate", "of at most 10", "not 11"],
      [["train", "--clip-norm", "1", "--clip-value", "1"], "exclude each other", "leave one out"],
      [["train", "--nesterov"], "--nesterov is for sgd", "is adam", "leave it out"],
      [["train", "--warm-up", "9", "--steps", "9"], "warm-up of 9 steps", "choose a shorter one"],
      // ten epochs of four images are twenty steps of two
      [
        [...here.train.slice(0, 7), "--preset", "mnist", "--warm-up", "20"],
        "warm-up of 20 steps",
        "ends after 20",
      ],
    ]);
  });

  /** A flag would go before the file's. */
  const withoutPreset = (flags: readonly string[]): string[] =>
    flags.filter((word) => word !== "--preset" && word !== "digits");

  test("refuses a file that is none of it", SOON, async () => {
    const here = await place();
    const file = async (name: string, content: string): Promise<string[]> => {
      await writeFile(join(here.folder, name), content);
      return [...here.train, "--config", join(here.folder, name)];
    };
    await expectRefused(here, [
      [
        [...here.train, "--config", join(here.folder, "none.json")],
        "none.json",
        "no such file",
        "a JSON object",
      ],
      [
        await file("torn.json", '{ "batch": '),
        "torn.json cannot be read: line 1, column 12: a value is due, and the file ends there",
      ],
      [
        await file("twice.json", '{"batch": 8,\n "batch": 4}'),
        "line 2, column 2",
        '"batch" stands here for the second time',
      ],
      [await file("null.json", "null"), "null.json", "holds null", '{"batch": 64}'],
      [await file("list.json", "[1]"), "list.json", "holds [1]", '{"batch": 64}'],
      [await file("typing.json", '{"bacth": 8}'), '"bacth"', "did you mean batch?"],
      [
        await file("deep.json", '{"optimizer": {"learningrate": 1}}'),
        '"learningrate"',
        "did you mean learningRate?",
      ],
      [await file("text.json", '{"sampleEvery": "often"}'), "sampleEvery", "expected number", 'not "often"'],
      [await file("flat.json", '{"optimizer": 3}'), "optimizer", "expected object", "not 3"],
      [withoutPreset(await file("number.json", '{"preset": 3}')), '"3"', "did you mean"],
    ]);
  });
});

test(
  "data that is missing or damaged is refused with its path and what would be accepted",
  SOON,
  async () => {
    const here = await place();
    const data = async (name: string, file: string, content: Buffer): Promise<string[]> => {
      const folder = join(here.folder, name);
      await mkdir(folder);
      await writeFile(join(folder, file), content);
      return ["train", "--data", folder];
    };
    await mkdir(join(here.folder, "empty"));
    await expectRefused(here, [
    [["train", "--data", join(here.folder, "nowhere")], "nowhere", "strokes", "IDX"],
    [["train", "--data", join(here.folder, "empty")], "empty: put pictures there"],
    [["train", "--data", ""], "data", 'not ""'],
    [await data("other", "train-images-idx3-ubyte", Buffer.from([128, 2, 125, 113, 0])), "a Python pickle", "np.savez"],
    [await data("gif", "train-images-idx3-ubyte", Buffer.from("GIF89a")), "no IDX file but a GIF picture", "give the folder of the pictures"],
    [await data("page", "train-images-idx3-ubyte.gz", Buffer.from("<html>")), "a web page", "download the file itself"],
    [await data("torn", "train-images-idx3-ubyte", fourImages().subarray(0, 100)), "claims 4 × 28 × 28 bytes, more than the file can hold", "copy it again"],
    [await data("zip", "train-images-idx3-ubyte.gz", gzipSync(fourImages()).subarray(0, -9)), "ubyte.gz", "unexpected end of file", "copy it again"],
    [[...here.train, "--preset", "seed-cnn"], "no test images", "put t10k-images-idx3-ubyte"],
  ]); // prettier-ignore
  },
);

test(
  "a model module that cannot be used is refused with the network and the shape that is needed",
  SOON,
  async () => {
    const here = await place();
    const module = async (name: string, content: string): Promise<string[]> => {
      await writeFile(join(here.folder, name), content);
      return [...here.train, "--model", join(here.folder, name)];
    };
    const wrong = `export function generator({ tf, latentSize }) {
    return tf.sequential({ layers: [tf.layers.dense({ units: 5, inputShape: [latentSize] })] });
  }`;
    await expectRefused(here, [
    [[...here.train, "--model", join(here.folder, "none.mjs")], "no model module", "none.mjs", "--model"],
    [await module("empty.mjs", "export const size = 1;"), "empty.mjs has no generator", "export function generator", "it exports size"],
    [await module("syntax.mjs", "export function {"), "syntax.mjs cannot be loaded", "Unexpected token", "syntax.mjs:1"],
    [await module("throws.mjs", 'export function generator() { throw new Error("out of ideas"); }'), "throws.mjs: out of ideas"],
    [await module("typo.ts", "export const genrator: unknown = 1;"), "typo.ts has no generator", "did you mean that by genrator?"],
    [await module("import.mjs", 'import "left-pad";'), "import.mjs cannot be loaded: Cannot find package 'left-pad'", "npm install"],
    [await module("import.ts", 'import "left-pad";'), "Cannot find module 'left-pad' (import.ts:1)", "npm install"],
    [await module("tfjs.mjs", 'import * as tf from "@tensorflow/tfjs";'), "leave that import out", "generator({ tf, … })"],
    [[...here.train, "--generator", join(here.folder, "data")], "data is no saved network: it is a folder", "model.json that LayersModel.save or tensorflowjs_converter writes"],
    [await module("shapes.mjs", wrong), "generator of", "[5]", "[28, 28, 1] is needed"],
  ]); // prettier-ignore
  },
);

test("a run that cannot be resumed is left as it is", SOON, async () => {
  const here = await place();
  const { run } = await trainJson(here.train.slice(1));
  const folder = String(run);
  const before = await readFile(join(folder, "config.json"), "utf8");
  const bare = join(here.folder, "bare");
  await mkdir(bare);
  await writeFile(join(bare, "config.json"), "{}");
  const resume = (path: string, ...flags: string[]): string[] => ["train", "--resume", path, ...flags];
  await expectRefused(
    here,
    [
      [resume(join(here.folder, "nowhere")), "nowhere is no run", "neither as a folder nor as a name"],
      [resume(here.folder), "is no run", "a folder that train has made"],
      [resume(bare), "no checkpoint", "start a new run"],
    ],
    ["00001-digits-data"],
  );
  const changes: Parameters<typeof expectRefused>[1] = [
    [resume(folder, "--batch", "4"), "--batch cannot change from 2 to 4", "leave it out", "--change batch=4"],
    [
      resume(folder, "--learning-rate", "1"),
      "--learning-rate cannot change from 0.0005 to 1",
      "leave it out",
    ],
    [resume(folder, "--clip-norm", "1"), "--clip-norm cannot change from none to 1", "leave it out"],
    [
      resume(folder, "--generator-learning-rate", "1"),
      "--generator-learning-rate cannot change from 0.0005 to 1",
    ],
    [resume(folder, "--seed", "2"), "--seed cannot change from 1 to 2", "leave it out", "--from RUN"],
  ];
  // One after the other: each has the run's lock while it looks.
  for (const change of changes) await expectRefused(here, [change], ["00001-digits-data"]);
  expect(await readFile(join(folder, "config.json"), "utf8")).toBe(before);
});

test("a run that another process trains is refused with that process", SOON, async () => {
  const here = await place();
  const busy = startCli([...here.train, "--steps", "1000000", "--dashboard", "off", "--json"]);
  const { run } = await busy.event(({ event }) => event === "run");
  await busy.event(({ event }) => event === "step");
  const folder = join(here.folder, "runs", String(run));
  const { code, stderr } = await runCli(["train", "--resume", folder, "--dashboard", "off"]);
  expect(stderr).toMatch(`in use by pid ${busy.process.pid} on this machine: stop that coordinator first`);
  expect(code).toBe(1); // not 2: the same command is right as soon as the other has ended
  expect(stderr).not.toContain("    at ");
});

test("places that cannot be written or listened on are refused", SOON, async () => {
  const here = await place();
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  const file = join(here.folder, "file");
  await writeFile(file, "in the way");
  const coordinator = ["coordinator", ...here.train.slice(1)];
  await expectRefused(here, [
    [[...here.train, "--out", join(file, "runs")], join(file, "runs"), "choose another with --out"],
    [[...here.train, "--dashboard", String(port)], `port ${port} of 127.0.0.1 is taken`, "--dashboard PORT"],
    [[...here.train, "--dashboard", "0.0.0.0:0"], "0.0.0.0", "--token or GANGLION_TOKEN", "SSH tunnel"],
    [[...coordinator, "--listen", `127.0.0.1:${port}`], `port ${port}`, "port 0 for a free one"],
    [[...coordinator, "--listen", "0.0.0.0:0"], "0.0.0.0", "no token is set", "127.0.0.1"],
    [[...coordinator, "--listen", "here"], "--listen here", "HOST:PORT"],
    [[...coordinator, "--listen", "127.0.0.1:99999"], "127.0.0.1:99999", "HOST:PORT"],
  ]);
});

test("a worker without an address is told to give one", SOON, async () => {
  await expectRefused(await place(), [
    [["worker"], "--join"],
    [["worker", "--join", "ws://127.0.0.1:1", "--node", "a\u001b[2J"], "--node a\\x1b[2J", "a control"],
    [["worker", "--join", "ws://127.0.0.1:1", "--node", "a".repeat(201)], "--node", "1 to 200 characters"],
    [["worker", "--join", "nonsense"], "cannot join nonsense", "ws://HOST:PORT"],
    [["worker", "--join", "http://127.0.0.1:1"], "cannot join http://127.0.0.1:1", "ws://HOST:PORT"],
  ]);
});

test(
  "a module that is named and makes other networks than the run has is refused, by generate and resume",
  SOON,
  async () => {
    const here = await place();
    const model = join(here.folder, "mine.mjs");
    const write = (units: number): Promise<void> => writeFile(model, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: ${units}, inputShape: [latentSize] }), tf.layers.dense({ units: 784 }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
    await write(3);
    const { run } = await trainJson([...here.train.slice(1), "--model", model]);
    await write(4);
    const picture = join(here.folder, "x.png");
    const commands = [
      ["generate", "--checkpoint", String(run), "--out", picture],
      ["train", "--resume", String(run), "--steps", "2"],
    ];
    const others =
      /the weights of the run have layout [0-9a-f]{12}…, and the networks have [0-9a-f]{12}… now/;
    const runs = ["00001-mine-data"];
    for (const command of commands) {
      const named = [...command, "--model", model];
      await expectRefused(
        here,
        [[named, others, `put the model module ${model} back`, "or start a new run"]],
        runs,
      );
    }
  },
);

test("generate refuses what is no whole checkpoint, and draws nothing", SOON, async () => {
  const here = await place();
  const { run } = await trainJson(here.train.slice(1));
  const checkpoint = await readFile(join(String(run), "checkpoints", "000001.safetensors"));
  const damaged = Buffer.from(checkpoint);
  damaged[damaged.length - 1] ^= 1; // one bit of one weight
  const file = async (name: string, content: Buffer): Promise<string> => {
    await writeFile(join(here.folder, name), content);
    return join(here.folder, name);
  };
  const picture = join(here.folder, "x.png");
  const generate = (path: string): string[] => ["generate", "--checkpoint", path, "--out", picture];
  await expectRefused(
    here,
    [
      [["generate"], "none is named", "ganglion generate RUN"],
      [generate(join(here.folder, "nowhere")), "nowhere is no run", "give a .safetensors file"],
      [generate(here.folder), "is no run", "a folder that train has made"],
      [generate(await file("text.safetensors", Buffer.from("no tensors here"))), "text.safetensors", "use another"],
      [generate(await file("torn.safetensors", checkpoint.subarray(0, -100))), "torn.safetensors", "use another"],
      [generate(await file("bit.safetensors", damaged)), "bit.safetensors", "hash", "use another"],
    ],
    ["00001-digits-data"],
  ); // prettier-ignore
  expect(existsSync(picture)).toBe(false);

  const draw = (out: string): string[] => ["generate", "--checkpoint", String(run), "--out", out];
  await expectRefused(
    here,
    [
      [draw(join(here.folder, "nowhere", "x.png")), "is in no folder", "name one that exists"],
      [draw(join(here.folder, "text.safetensors", "x.png")), "is in no folder", "name one that exists"],
      [draw(join(here.folder, "x.jpg")), "x.jpg is neither a picture (.png, .webp)", "add --single"],
    ],
    ["00001-digits-data"],
  );
});

/** Each mistake ends with 2, one sentence on stderr and no stack trace; afterwards `runs` is all there is under --out. */
async function expectRefused(
  here: Place,
  mistakes: readonly Mistake[],
  runs: readonly string[] = [],
): Promise<void> {
  const out = join(here.folder, "runs");
  const common = ["--out", out, "--dashboard", "off", "--json"];
  await Promise.all(
    mistakes.map(async ([flags, ...says]) => {
      const isRun = flags[0] === "train" || flags[0] === "coordinator";
      const [command, ...rest] = flags;
      const { code, stderr, events } = await runCli(isRun ? [command, ...common, ...rest] : flags);
      const line = flags.join(" ");
      for (const part of says) expect(stderr, line).toMatch(part);
      expect(stderr, line).not.toContain("    at ");
      expect(code, line).toBe(2);
      expect(events, line).toEqual([]);
      const sentences = stderr.trim().split("\n");
      if (flags.length > 0) expect(sentences.length, `${line}\n${stderr}`).toBeLessThanOrEqual(3); // commander adds two
    }),
  );
  expect(existsSync(out) ? await readdir(out) : []).toEqual(runs);
}

async function place(): Promise<Place> {
  const folder = await temporaryFolder();
  const data = join(folder, "data");
  await mkdir(data);
  await writeFile(join(data, "train-images-idx3-ubyte"), fourImages());
  const size = ["--batch", "2", "--shard", "2", "--steps", "1"];
  const out = ["--out", join(folder, "runs"), "--preset", "digits"]; // the smallest
  return { folder, train: ["train", "--data", data, ...size, ...out] };
}

/** Four black images of 28×28 as an IDX file: 16 bytes of header, 4 · 784 of content. */
function fourImages(): Buffer {
  const bytes = Buffer.alloc(16 + 4 * 784);
  [0x803, 4, 28, 28].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}
