// The coordinator's loops on many threads: the same bits as on one, and what happens to a helper that fails.
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { type Loop, singleThreaded } from "../../../../../coordinator/update/vector-threads/loops.ts";
import { Team } from "../../../../../coordinator/update/vector-threads/team.ts";
import { TILE, countOf, cut } from "../../../../../coordinator/update/vector-threads/tiles.ts";
import {
  sharedDoubles,
  sharedFloats,
} from "../../../../../coordinator/update/vector-threads/shared-memory.ts";
import { Vectors } from "../../../../../coordinator/update/vector-threads/vectors.ts";
import { VectorMemory } from "../../../../../shared/simd/vector-memory.ts";

const P = 20 * TILE + 17;
const TILES = cut([{ offset: 0, length: P }]);

const teams: Team[] = [];
afterEach(async () => {
  for (const team of teams.splice(0)) await team.close();
});

const STEP = { scale: 0.25, keep: 0.999, rate: 0.01, t: 3 };

/** One loop of every kind; `vector` gives the same numbers for the same name. */
function loopsOver(vector: (name: string) => Float32Array): Loop[] {
  const step = (): typeof STEP & Record<"weights" | "gradient" | "next", Float32Array> => ({
    ...STEP,
    weights: vector("weights"),
    gradient: vector("gradient"),
    next: vector("next"),
  });
  const rmsprop = { decay: 0.9, momentum: 0.5, centered: true, epsilon: 1e-3 };
  return [
    { kind: "add", into: vector("into"), from: vector("from") },
    { kind: "squares", vector: vector("gradient"), scale: 0.5, sums: sharedDoubles(countOf(TILES)) },
    { kind: "gradient-transform", gradient: vector("gradient"), weights: vector("weights"), scale: 0.5, bound: 1, l2: 0.1 },
    { kind: "sgd", ...step() },
    { kind: "momentum", ...step(), velocity: vector("velocity"), momentum: 0.9, nesterov: true },
    { kind: "rmsprop", ...step(), ...rmsprop, square: vector("square"), mean: vector("mean"), velocity: vector("velocity") },
    { kind: "adam", ...step(), m: vector("m"), v: vector("square"), beta1: 0.5, beta2: 0.99, floor: 1e-8 },
    { kind: "ema", ema: vector("ema"), weights: vector("weights"), decay: 0.9 },
  ]; // prettier-ignore
}

test("every loop gives the same bits on four threads as in one, wherever its vectors lie, and the helpers take their part", async () => {
  const team = await readyTeam(4);
  const before = team.helped;
  const inMemoryOfTeam = (name: string): Float32Array => {
    const vector = team.floats(P);
    vector.set(numbers(name));
    return vector;
  };
  for (const vector of [numbers, inMemoryOfTeam]) expectSame(team, vector);
  expect(team.helped).toBeGreaterThan(before);
});

test("a team that is given a memory has its vectors there, beside those of others", () => {
  const memory = VectorMemory.open()!;
  const team = new Team((message) => expect.fail(message), 1, memory);
  teams.push(team);
  const [own, theirs] = [team.floats(4), memory.floats(4)];
  own.set([1, 2, 3, 4]);
  theirs.fill(0.5);
  new Vectors(team).add(own, theirs);
  expect([...own]).toEqual([1.5, 2.5, 3.5, 4.5]);
  expect(memory.addressOf(own)).not.toBeNull();
});

/** As one thread does it in plain loops. */
function expectSame(team: Team, vector: (name: string) => Float32Array): void {
  const [serial, parallel] = [loopsOver(numbers), loopsOver(vector)];
  for (const [i, loop] of serial.entries()) {
    singleThreaded.run([{ loops: [loop], tiles: TILES }]);
    team.run([{ loops: [parallel[i]], tiles: TILES }]);
    expect(hexOf(parallel[i]), loop.kind).toEqual(hexOf(loop));
    expect(hexOf(parallel[i]), loop.kind).not.toEqual(hexOf(loopsOver(numbers)[i]));
  }
}

test("a sum of many vectors in shared memory is the one of a plain loop, round after round", async () => {
  const vectors = new Vectors(await readyTeam(3));
  const into = sharedFloats(P);
  const one = sharedFloats(P).fill(1);
  for (let i = 0; i < 300; i++) vectors.add(into, one);
  expect(into.every((value) => value === 300)).toBe(true);
  expect(vectors.allFinite(into)).toBe(true);
  for (const [at, bad] of [
    [0, NaN],
    [P - 1, Infinity],
    [TILE, -Infinity],
  ]) {
    into[at] = bad;
    expect(vectors.allFinite(into), `${bad} at ${at}`).toBe(false);
    into[at] = 3.4e38; // the largest magnitude is no infinity, nor is its square in double
    expect(vectors.allFinite(into)).toBe(true);
  }
  expect(() => vectors.add(into, new Float32Array(1))).toThrow(RangeError);
});

test("only a vector of zeros is judged to be zero: one number is enough, the smallest there is, anywhere", async () => {
  const vectors = new Vectors(await readyTeam(3));
  const vector = sharedFloats(P);
  expect(vectors.judge(vector)).toBe("zero");
  expect(vectors.judge(vector.fill(-0))).toBe("zero");
  for (const at of [0, TILE - 1, TILE, P - 1]) {
    vector.fill(0)[at] = 1.4e-45;
    expect(vectors.judge(vector), String(at)).toBe("finite");
    vector[at] = NaN;
    expect(vectors.judge(vector), String(at)).toBe("not finite");
  }
});

test("vectors outside shared memory, and short ones, are this thread's alone", async () => {
  const team = await readyTeam(2);
  const before = team.helped;
  const [into, from] = [new Float32Array(P).fill(1), new Float32Array(P).fill(2)];
  team.run([{ loops: [{ kind: "add", into, from }], tiles: TILES }]);
  expect(into.every((value) => value === 3)).toBe(true);
  const short = sharedFloats(TILE).fill(1);
  team.run([
    { loops: [{ kind: "add", into: short, from: short }], tiles: cut([{ offset: 0, length: TILE }]) },
  ]);
  expect(short.every((value) => value === 2)).toBe(true);
  expect(team.helped).toBe(before);
});

test("an error in a helper is an error of the loop: nothing half written is taken for a result", async () => {
  const team = await readyTeam(2);
  // A copy made for another thread has own properties only: `from` is there for this thread, and missing for a helper.
  class Half {
    readonly kind = "add";
    readonly into = sharedFloats(P);
    readonly #from = sharedFloats(P);
    get from(): Float32Array {
      return this.#from;
    }
  }
  const failing = (): void => {
    for (let i = 0; i < 1000; i++) team.run([{ loops: [new Half()], tiles: TILES }]); // the helper may sleep through some
  };
  expect(failing).toThrow(/vector thread failed: .*undefined/);
});

test("an error in this thread closes the job, and leaves the team as it was", async () => {
  const team = await readyTeam(2);
  const broken = { kind: "add", into: sharedFloats(P), from: null } as unknown as Loop;
  expect(() => team.run([{ loops: [broken], tiles: TILES }])).toThrow(/null|vector thread failed/);
});

test("a closed team goes on in this thread", async () => {
  const team = await readyTeam(2);
  await team.close();
  const before = team.helped;
  const into = sharedFloats(P).fill(1);
  team.run([{ loops: [{ kind: "add", into, from: into }], tiles: TILES }]);
  expect(into.every((value) => value === 2)).toBe(true);
  expect(team.helped).toBe(before);
});

test("tiles are cut in each section anew, and sections must follow each other", () => {
  const sections = [
    { offset: 3, length: TILE + 1 },
    { offset: TILE + 4, length: 2 },
  ];
  expect([...cut(sections)]).toEqual([3, TILE + 3, TILE + 4, TILE + 6]);
  expect(countOf(cut([]))).toBe(0);
  expect(countOf(cut([{ offset: 5, length: 0 }]))).toBe(0);
  expect(() => cut([sections[0], { offset: 0, length: 1 }])).toThrow(/begins at 0, not at/);
});

/** With its helpers up: they are when one of them has run a tile. */
async function readyTeam(threads: number): Promise<Team> {
  const team = new Team((message) => expect.fail(message), threads);
  teams.push(team);
  const vector = sharedFloats(P);
  while (team.helped === 0) {
    team.run([{ loops: [{ kind: "add", into: vector, from: vector }], tiles: TILES }]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return team;
}

/** Numbers in ± 1 that look random, the same for the same name; a running mean of squares is none below zero. */
function numbers(name: string): Float32Array {
  const known = made.get(name) ?? new Float32Array(P);
  if (!made.has(name)) {
    const frequency = 1 + name.length / 10 + name.charCodeAt(0) / 1000;
    const least = name === "square" ? 2 : 0;
    for (let i = 0; i < P; i++) known[i] = least + Math.sin(i * frequency);
    made.set(name, known);
  }
  const vector = sharedFloats(P);
  vector.set(known);
  return vector;
}

const made = new Map<string, Float32Array>();

function hexOf(loop: Loop): Record<string, string> {
  const vectors = Object.entries(loop).filter(([, value]) => ArrayBuffer.isView(value));
  return Object.fromEntries(
    vectors.map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      createHash("sha256")
        .update(new Uint8Array(buffer, byteOffset, byteLength))
        .digest("hex"),
    ]),
  );
}
