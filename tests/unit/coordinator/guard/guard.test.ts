// The guard on gradients made by hand: what it recognizes, what it says, and above all when it says nothing.
import { describe, expect, test } from "vitest";
import { Guard, type GuardWarning } from "../../../../coordinator/guard/guard.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import type { OptimizerConfigInput } from "../../../../shared/config/optimizer-config.ts";
import { stream } from "../../../../shared/random/random.ts";

type Norms = Readonly<Record<string, number>>;

describe("says nothing", () => {
  test("of healthy layers that fluctuate by a factor of ten and differ by a hundred", () => {
    const random = stream(1, "norms");
    const heard = watch(2000, () => ({
      "generator/00-dense": 0.01 * 10 ** random.uniform(),
      "generator/02-conv2d": 10 ** random.uniform(),
      "discriminator/00-conv2d": 10 ** (random.uniform() - 1),
    }));
    expect(heard).toEqual([]);
  });

  test("of the first steps of a fresh network, which change by a factor of a hundred", () => {
    // as the presets do: G's last layer from 0.1 to 10 within fifty steps
    const heard = watch(200, (step) => ({
      "generator/00-dense": 0.03,
      "generator/07-conv2dtranspose": 0.1 * Math.min(100, 1.1 ** step),
    }));
    expect(heard).toEqual([]);
  });

  test("of one bad batch, however bad for it, or one without any gradient", () => {
    const odd: Readonly<Record<number, number>> = { 50: 90, 100: 0, 150: 3e4 };
    const heard = watch(300, (step) => ({ "generator/00-dense": odd[step] ?? 2, "generator/01-dense": 1 }));
    expect(heard.map(({ step }) => step)).toEqual([150]); // 15,000 times the usual size is no bad batch
  });

  test("of gradients that are clipped: their size is no danger any more", () => {
    for (const clip of [{ kind: "norm", norm: 1 } as const, { kind: "value", value: 0.1 } as const]) {
      const heard = watch(100, (step) => ({ "generator/00-dense": 2 ** step }), { clip });
      expect(heard).toEqual([]);
    }
  });

  test("of a classifier whose gradient ends with its mistakes", () => {
    const guard = guardOf({}, "classifier");
    const norms = Array.from({ length: 600 }, (_, step) => 0.97 ** step);
    const heard = norms.flatMap((norm, step) =>
      guard.observe(step, resultOf({ "classifier/00-dense": norm })),
    );
    expect(heard).toEqual([]);
  });
});

describe("a gradient explodes", () => {
  test("when a layer has a hundred times its usual size, with the layer, both numbers and the remedy", () => {
    const heard = watch(40, (step) => ({
      "generator/01-dense": 0.5,
      "generator/03-dense": step < 30 ? 2 : 1800,
    }));
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ step: 30, code: "EXPLODING_GRADIENT" });
    expect(heard[0].message).toBe(
      "the gradient of generator/03-dense has grown to 1800, 900 times its usual size: go on with --resume RUN --change clip-norm=1, which bounds it",
    );
  });

  test("though it grows slowly: usual is what it was, not what it was a moment ago", () => {
    const heard = watch(1500, (step) => ({ "discriminator/00-dense": 1.01 ** step }));
    expect(heard[0].code).toBe("EXPLODING_GRADIENT");
    expect(heard[0].message).toMatch(/discriminator\/00-dense has grown to .*--change clip-norm=1/);
  });

  test("when it is so large from the start, in three rounds in a row, or at once where there may be no second", () => {
    const three = watch(5, () => ({ "generator/00-dense": 3e3 }));
    expect(three.map(({ step }) => step)).toEqual([2]);
    expect(three[0].message).toMatch(
      /is 3000, and below 10 is usual: go on with --resume RUN --change clip-norm=1/,
    );
    expect(watch(1, () => ({ "generator/00-dense": 7e14 }))[0].message).toContain("is 7e14,");
  });
});

describe("a gradient vanishes", () => {
  test("when a layer gets less than a ten-thousandth of another's, with both, and a remedy that is not in use", () => {
    const norms = {
      "discriminator/01-dense": 2e-6,
      "discriminator/03-dense": 1e-3,
      "discriminator/09-dense": 0.5,
    };
    const heard = watch(50, () => norms, { kind: "sgd" });
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ step: 9, code: "VANISHING_GRADIENT" });
    expect(heard[0].message).toBe(
      "the gradient of discriminator/01-dense is 2e-6, beside 0.5 in discriminator/09-dense: it vanishes between the two, and the layer learns next to nothing; go on with --resume RUN --change optimizer=adam, whose steps do not shrink with the gradient",
    );
    const [{ message }] = watch(50, () => norms, { kind: "adam" });
    expect(message).toMatch(/next to nothing; put normalization between the layers$/);
  });

  test("when a layer gets none", () => {
    const [{ message }] = watch(10, () => ({ "generator/00-dense": 0, "generator/01-dense": 1 }));
    expect(message).toContain("the gradient of generator/00-dense is zero, beside 1 in generator/01-dense");
  });

  test("when a generator loses what it had", () => {
    const heard = watch(400, (step) => ({ "generator/00-dense": step < 100 ? 3 : 1e-5 }));
    expect(heard[0].code).toBe("VANISHING_GRADIENT");
    expect(heard[0].message).toMatch(
      /the gradient of the generator has fallen from 3 to 0\.00\d+: .*--generator-learning-rate/,
    );
  });

  test("when a discriminator has nothing left, whatever its loss", () => {
    const heard = watch(400, (step) => ({ "discriminator/00-dense": Math.max(1e-7, 0.95 ** step) }));
    expect(heard[0].message).toMatch(
      /the gradient of the discriminator has fallen .*--discriminator-learning-rate/,
    );
  });
});

describe("no gradient reaches a network", () => {
  test("when it is exactly zero ten rounds in a row, with the network, the causes and the remedy", () => {
    const heard = watch(60, (step) => ({
      "discriminator/00-dense": step < 40 ? 1 : 0,
      "generator/00-dense": 1,
      "generator/01-dense": 1,
    }));
    expect(heard).toEqual([
      {
        step: 49,
        code: "VANISHING_GRADIENT",
        message:
          "no gradient reaches the discriminator: it has been exactly zero in 10 rounds in a row, because its loss has no slope any more or every unit on the way is dead; start anew with a smaller --discriminator-learning-rate",
      },
    ]);
  });

  test("of a classifier too, which is not warned of when it gets little", () => {
    const guard = guardOf({}, "classifier");
    const heard = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].flatMap((norm, step) =>
      guard.observe(step, resultOf({ "classifier/00-dense": norm })),
    );
    expect(heard).toHaveLength(1);
    expect(heard[0].message).toMatch(/^no gradient reaches the classifier: .* a smaller --learning-rate$/);
  });

  test("not when a round in ten has one, however small", () => {
    const heard = watch(100, (step) => ({ "generator/00-dense": step % 10 === 0 ? 1e-3 : 0 }));
    expect(heard.filter(({ message }) => message.startsWith("no gradient"))).toEqual([]);
  });
});

describe("a discriminator wins", () => {
  /** Its loss and its gradient at a step. */
  const play = (
    loss: (step: number) => number,
    norm: (step: number) => number,
    kind = "cross-entropy",
  ): readonly GuardWarning[] => {
    const guard = guardOf({});
    return Array.from({ length: 200 }, (_, step) =>
      guard.observe(step, {
        ...resultOf({ "discriminator/00-dense": norm(step), "generator/00-dense": 1 }),
        metrics: {
          "loss/discriminator": loss(step),
          "loss/generator": 9,
          ...(kind === "cross-entropy" && { "score/real": 1 }),
        },
      }),
    ).flat();
  };
  const falling = (step: number): number => Math.max(0.001, 0.9 ** step);

  test("when its loss is nearly 0 and its gradient goes the same way, with the rate that slows it down", () => {
    const [warning] = play(falling, falling);
    expect(warning.code).toBe("DISCRIMINATOR_WINS");
    expect(warning.message).toMatch(
      /its recent loss is 0\.00\d+, .* fallen from 0\.\d+ to 0\.0\d+; go on with --resume RUN --change discriminator-learning-rate=X, a smaller one$/,
    );
  });

  test("not at a loss of another kind, of which nobody knows what is small, nor when it calms down at a healthy loss", () => {
    expect(play(() => 1e-3, (step) => Math.max(0.02, 0.9 ** step), "own")).toEqual([]);
    expect(play(() => 0.69, (step) => Math.max(0.02, 0.9 ** step))).toEqual([]);
  }); // prettier-ignore
});

test("the same is said again after 200 steps, then 400 later, then 800: each time of each network", () => {
  const heard = watch(1500, () => ({ "generator/00-dense": 5e3, "discriminator/00-dense": 5e3 }));
  const steps = (network: string): number[] =>
    heard.filter(({ message }) => message.includes(`${network}/`)).map(({ step }) => step);
  expect(steps("generator")).toEqual([2, 202, 602, 1402]);
  expect(steps("discriminator")).toEqual(steps("generator"));
});

type Heard = GuardWarning & { readonly step: number };

/** One round a step, with these norms by layer. */
function watch(steps: number, norms: (step: number) => Norms, optimizer: OptimizerConfigInput = {}): Heard[] {
  const guard = guardOf(optimizer);
  return Array.from({ length: steps }, (_, step) =>
    guard.observe(step, resultOf(norms(step))).map((warning) => ({ ...warning, step })),
  ).flat();
}

function guardOf(optimizer: OptimizerConfigInput, task: "gan" | "classifier" = "gan"): Guard {
  return new Guard(
    parseConfig({
      task,
      model: { kind: "preset", name: "digits" },
      length: { kind: "steps", steps: 1 },
      optimizer,
    }),
  );
}

function resultOf(layerGradientNorms: Norms): Parameters<Guard["observe"]>[1] {
  const squares: Record<string, number> = {};
  for (const [layer, norm] of Object.entries(layerGradientNorms)) {
    const network = layer.split("/")[0];
    squares[network] = (squares[network] ?? 0) + norm ** 2;
  }
  const gradientNorms = Object.fromEntries(
    Object.entries(squares).map(([name, square]) => [name, Math.sqrt(square)]),
  );
  return { metrics: {}, gradientNorms, layerGradientNorms };
}
