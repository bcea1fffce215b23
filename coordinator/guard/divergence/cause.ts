// Why a shard is not finite, in words: a root or logarithm of zero, a division by it, or numbers that have grown too large.
import { type Diagnosis, makersOf, operandsOf } from "../../../shared/program/diagnosis.ts";
import type { Call, Program } from "../../../shared/program/program.ts";
import { DIVERGED_REMEDY } from "../guard-messages.ts";

/** The layer in which a call was made, as weights are named; null where the losses made it. */
export type PlaceOf = (origin: string) => string | null;

/** A whole sentence, which begins with who it is: "the losses take the square root of 0, …". */
export function causeText(
  program: Pick<Program, "calls" | "constants">,
  diagnosis: Diagnosis,
  placeOf: PlaceOf,
): string {
  const call = program.calls[diagnosis.call];
  const place = placeOf(call.origin);
  const who = place === null ? "the losses take" : `the layer ${place} takes`;
  const slopeOf = call.kernel === "RealDiv" ? slopeIn(program, call) : null;
  const singular = singularText(call, slopeOf, diagnosis);
  if (singular !== null) return `${who} ${singular}`;
  return overflowText(call, place, diagnosis);
}

/** Null for a call that is infinite only where its operands are too large. */
function singularText({ kernel }: Call, slopeOf: SlopeOf, { operands: [x, y] }: Diagnosis): string | null {
  switch (kernel) {
    case "Sqrt":
      return x < 0
        ? `the square root of ${short(x)}: keep x from falling below 0, tf.sqrt(tf.relu(x).add(1e-12))`
        : null;
    case "Rsqrt":
      return x <= 0 ? `one over the square root of ${short(x)}: write tf.rsqrt(tf.relu(x).add(1e-12))` : null;
    case "Reciprocal":
      return x === 0 ? "one over 0: write tf.reciprocal(x.add(1e-12))" : null;
    case "Log":
      if (x === 0) return "the logarithm of 0, which is infinite: write tf.log(x.add(1e-12))";
      return x < 0 ? `the logarithm of ${short(x)}: write tf.log(tf.relu(x).add(1e-12))` : null;
    case "Log1p":
      return x <= -1
        ? `tf.log1p of ${short(x)}, which must stay above -1: keep x above it with tf.clipByValue`
        : null;
    case "Pow":
      if (x === 0 && y < 0)
        return `0 to the power of ${short(y)}, which is infinite (the slope of a power below 1 is such a one): write tf.pow(x.add(1e-12), …)`;
      return x < 0 ? `the power ${short(y)} of ${short(x)}: keep x from falling below 0` : null;
    case "RealDiv":
      if (y !== 0) return null;
      if (slopeOf === "root")
        return "the square root of 0, whose slope is infinite: write tf.sqrt(x.add(1e-12))";
      if (slopeOf === "logarithm")
        return "the logarithm of 0, whose slope is infinite, also where tf.where hides its value: write tf.log(x.add(1e-12))";
      return `${short(x)} divided by 0: add 1e-12 to what is divided by`;
    default:
      return null;
  }
}

type SlopeOf = "root" | "logarithm" | null;

/** Of what a division is the slope: dy / (2 · sqrt(x)) of a root, dy / x of a logarithm; null of nothing, where somebody divides. */
function slopeIn(program: Pick<Program, "calls" | "constants">, division: Call): SlopeOf {
  const makers = makersOf(program);
  const constants = new Set(program.constants.map(({ value }) => value));
  let value = operandsOf(division)[1];
  for (;;) {
    const operand = value;
    if (program.calls.some((call) => call.kernel === "Log" && operandsOf(call)[0] === operand))
      return "logarithm";
    const maker = makers.get(value);
    if (maker?.kernel === "Sqrt") return "root";
    const variable = maker ? operandsOf(maker).filter((one) => !constants.has(one)) : [];
    if (!maker || !PASSES_ZERO.has(maker.kernel) || variable.length !== 1) return null;
    [value] = variable;
  }
}

/** What is 0 where its one variable operand is. */
const PASSES_ZERO: ReadonlySet<string> = new Set(["Multiply", "Cast", "Reshape", "Identity", "ExpandDims"]);

function overflowText({ kernel }: Call, place: string | null, { largest }: Diagnosis): string {
  const where = place === null ? "the losses" : `the layer ${place}`;
  return `numbers of up to ${short(largest)} go into ${kernel} in ${where}, and what comes out is no float32 any more: ${DIVERGED_REMEDY}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
