// The loops as kernels of WebAssembly, with the bits of the plain loops.
import { type Kernel, element, minus, number, plus, times } from "../../../shared/simd/formula.ts";
import type { KernelCall, Kernels } from "../../../shared/simd/kernels.ts";
import { ADAM } from "../optimizers/adam.ts";
import { GRADIENT_TRANSFORM } from "../optimizers/gradient-transform.ts";
import { RMSPROP_KERNELS, rmspropKernelName } from "../optimizers/rmsprop.ts";
import { MOMENTUM, SGD } from "../optimizers/sgd.ts";
import { type Loop, type Pass, runTile } from "./loops.ts";

const mean = times(element("vector"), number("scale"));

/** By name; a vector or number of a kernel is the loop's of that name. */
export const LOOP_KERNELS: Readonly<Record<string, Kernel>> = {
  add: { vectors: ["into", "from"], numbers: [], writes: { into: plus(element("into"), element("from")) } },
  squares: { vectors: ["vector"], numbers: ["scale"], writes: {}, sum: times(mean, mean) },
  ema: {
    vectors: ["ema", "weights"],
    numbers: ["rest"],
    writes: {
      ema: plus(element("ema"), times(number("rest"), minus(element("weights"), element("ema")))),
    },
  },
  "gradient-transform": GRADIENT_TRANSFORM,
  sgd: SGD,
  momentum: MOMENTUM,
  adam: ADAM,
  ...RMSPROP_KERNELS,
};

/** Of each vector of a loop's kernel: its place in the kernels' memory, null where it lies elsewhere. */
export type Addresses = KernelCall["addresses"];

/** A pass, and where the vectors of each of its loops lie; null where the loops are run as they are. */
export interface PlacedPass extends Pass {
  readonly addresses: readonly Addresses[] | null;
}

/** Where the vectors of a pass lie. */
export function placed(pass: Pass, addressOf: (vector: Float32Array) => number | null): PlacedPass {
  return { ...pass, addresses: pass.loops.map((loop) => callOf(loop).vectors.map(addressOf)) };
}

/** Runs a pass tile by tile: in each of them one loop after the other. */
export function tileRunner(
  { loops, tiles, addresses }: PlacedPass,
  kernels: Kernels | null,
): (tile: number) => void {
  if (!kernels || !addresses)
    return (tile) => {
      for (const loop of loops) runTile(loop, tiles, tile);
    };
  const calls = loops.map((loop, i) => ({ loop, call: { ...callOf(loop), addresses: addresses[i] } }));
  return (tile) => {
    for (const { loop, call } of calls) {
      const sum = kernels.run(call, tiles[tile], tiles[tile + 1]);
      if (loop.kind === "squares") loop.sums[tile] = sum;
    }
  };
}

function callOf(loop: Loop): Omit<KernelCall, "addresses"> {
  switch (loop.kind) {
    case "add":
    case "squares":
    case "sgd":
      return named(loop.kind, loop);
    case "gradient-transform":
      return named(loop.kind, loop, { floor: -loop.bound });
    case "ema":
      return named(loop.kind, loop, { rest: 1 - loop.decay });
    case "momentum": {
      const { nesterov, momentum } = loop;
      return named(loop.kind, loop, { ahead: nesterov ? 1 : 0, along: nesterov ? momentum : 1 });
    }
    case "rmsprop":
      return named(rmspropKernelName(loop), loop, { rest: 1 - loop.decay, zero: 0 });
    case "adam":
      return named(loop.kind, loop, { rest1: 1 - loop.beta1, rest2: 1 - loop.beta2 });
    default:
      throw new RangeError(
        `this thread knows no loop ${JSON.stringify((loop satisfies never as Loop).kind)}`,
      );
  }
}

function named(
  kernel: string,
  loop: object,
  derived: Readonly<Record<string, number>> = {},
): Omit<KernelCall, "addresses"> {
  const { vectors, numbers } = LOOP_KERNELS[kernel];
  const values = loop as Readonly<Record<string, unknown>>;
  return {
    kernel,
    vectors: vectors.map((name) => values[name] as Float32Array),
    numbers: numbers.map((name) => derived[name] ?? (values[name] as number)),
  };
}
