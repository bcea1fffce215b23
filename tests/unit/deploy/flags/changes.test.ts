// `--change FIELD=VALUE`: a flag's name means what the flag means, any other field is a path of config.json.
import { describe, expect, test } from "vitest";
import { changeText, changedConfig, idleChanges } from "../../../../deploy/flags/changes.ts";
import { type RunConfig, parseConfig } from "../../../../shared/config/config.ts";

const RUN: RunConfig = parseConfig({
  model: { kind: "preset", name: "digits", filters: 32 },
  batch: 32,
  shard: 16,
  length: { kind: "steps", steps: 100 },
  optimizers: { generator: { learningRate: 1e-3 } },
});

/** What is another value afterwards. */
function changes(...change: string[]): string[] {
  return changeText(RUN, changedConfig(RUN, { change }));
}

describe("changes", () => {
  test.each<[string[], string[]]>([
    [["learning-rate=1e-4"], ["optimizer.learningRate 0.0002 -> 0.0001", "optimizers.generator.learningRate 0.001 -> 0.0001"]],
    [["learningRate=1e-4", "generator-learning-rate=5e-4"], ["optimizer.learningRate 0.0002 -> 0.0001", "optimizers.generator.learningRate 0.001 -> 0.0005"]],
    [["optimizers.generator.beta1=0.25"], ["optimizers.generator.beta1 0.5 -> 0.25"]],
    [["optimizer.beta2=0.9"], ["optimizer.beta2 0.999 -> 0.9", "optimizers.generator.beta2 0.999 -> 0.9"]],
    [["--clip-norm=2"], ["optimizer.clip.kind none -> norm", "optimizer.clip.norm none -> 2", "optimizers.generator.clip.kind none -> norm", "optimizers.generator.clip.norm none -> 2"]],
    [["batch=64"], ["batch 32 -> 64"]],
    [["batch=48", "shard=24"], ["batch 32 -> 48", "shard 16 -> 24"]],
    [["steps=200"], ["length.steps 100 -> 200"]],
    [["sample-every=10"], ["sampleEvery 250 -> 10"]],
    [["checkpointEvery=7"], ["checkpointEvery 500 -> 7"]],
    [["average=0"], ["average 0.999 -> 0"]],
    [["flip=true"], ["images.flip false -> true"]],
    [["images.flip=true"], ["images.flip false -> true"]],
    [["schedule=alternating"], ["schedule.kind simultaneous -> alternating", "schedule.discriminatorRounds none -> 1"]],
    [["batch=32"], []],
  ])("%j: %j", (given, told) => {
    expect(changes(...given)).toEqual(told);
  }); // prettier-ignore

  test("the optimizer, with the new one's own defaults, and what is named beside it", () => {
    const { optimizer } = changedConfig(RUN, { change: ["optimizer=sgd", "momentum=0.9"] });
    expect(optimizer).toMatchObject({ kind: "sgd", learningRate: 0.01, momentum: 0.9 });
  });

  test("the length by its own flag", () => {
    expect(changedConfig(RUN, { steps: 7 }).length).toEqual({ kind: "steps", steps: 7 });
    expect(changedConfig(RUN, { epochs: 2 }).length).toEqual({ kind: "epochs", epochs: 2 });
  });
});

test("those that change nothing are told apart, also where one needs another", () => {
  expect(idleChanges(RUN, ["batch=48", "shard=24", "average=0.999"])).toEqual(["average=0.999"]);
});

describe("refuses", () => {
  test.each<[string[], ...string[]]>([
    [["seed=3"], "--change seed=3 is refused: it decides the order of the samples and the noise", "start a new run from this one's weights with --from RUN"],
    [["latentSize=64"], "the length of the noise"],
    [["latent-size=64"], "the length of the noise"],
    [["preset=mnist"], "--from RUN"],
    [["filters=64"], "decides the networks' layers", "--from RUN"],
    [["image-size=64"], "images of one size", "--from RUN"],
    [["channels=1"], "--from RUN"],
    [["data=/other"], "where that lies now is said with --data"],
    [["config=c.json"], "it names a whole config"],
    [["history=[]"], "the list of the changes itself"],
    [["lerning-rate=1"], "a run has no lerning-rate; did you mean learning-rate?"],
    [["learning-rate"], "write FIELD=VALUE, such as learning-rate=1e-4"],
    [["learning-rate="], "write FIELD=VALUE"],
    [["learning-rate=fast"], "--change learning-rate=fast: write a number greater than 0, or cosine:FROM:TO:START:END"],
    [["batch=64", "batch=16"], "batch=16 is given twice: leave one out"],
    [["flip=maybe"], "--change flip=maybe: write true or false"],
    [["steps=3", "epochs=3"], "steps and epochs are both the length of the run"],
    [["optimizer.beta3=1"], "--change optimizer.beta3=1: config field optimizer: there is no field \"beta3\""],
    [["average=2"], "--change average=2: give a number from 0"],
    [["shard=24"], "a shard of 24 samples does not divide the batch of 32"],
    [["momentum=0.9"], "is for sgd and rmsprop, and the optimizer is adam"],
  ])("%j", (given, ...sentences) => {
    for (const sentence of sentences) expect(() => changes(...given)).toThrow(sentence);
  }); // prettier-ignore
});
