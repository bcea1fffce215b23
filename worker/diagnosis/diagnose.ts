// Finds where a shard stops being finite: runs the phase's program once more, with every value watched.
import { type Diagnosis, operandsOf, writeDiagnosis } from "../../shared/program/diagnosis.ts";
import { type Call, type Program, isUniform, sizeOf } from "../../shared/program/program.ts";
import type { Buffers, Engine } from "../engine/engine.ts";
import { runOnceOn } from "../run-once.ts";
import { culpritOf } from "./culprit.ts";
import { checkName, withFiniteChecks } from "./finite-checks.ts";

export interface DiagnoseOptions {
  readonly program: Program;
  /** Filled as for the run whose result is not finite. */
  readonly inputs: Buffers["inputs"];
  /** A `Diagnosis`, as `writeDiagnosis` writes it. */
  readonly output: Float32Array;
}

/** Costs two preparations and two runs of the program, on the engine that the node computes with. */
export async function diagnose(engine: Engine, { program, inputs, output }: DiagnoseOptions): Promise<void> {
  const checked = withFiniteChecks(program);
  const checks = await runOnceOn(engine, checked, inputs);
  const broken = new Set(
    program.inputs.filter(({ name }) => !inputs[name].every(Number.isFinite)).map(({ value }) => value),
  );
  for (const { value, data } of program.constants) if (!data.every(Number.isFinite)) broken.add(value);
  const isFinite = (value: number): boolean =>
    !broken.has(value) && Number.isFinite(checks[checkName(value)]?.[0] ?? 0);
  const call = culpritOf(program, isFinite);
  writeDiagnosis(call === null ? null : await look(engine, { program, inputs, call }), output);
}

/** The numbers at which a call stops being finite. */
async function look(
  engine: Engine,
  { program, inputs, call: number }: { program: Program; inputs: Buffers["inputs"]; call: number },
): Promise<Diagnosis> {
  const call = program.calls[number];
  const made = new Set(program.calls.slice(0, number).flatMap(({ outputs }) => outputs));
  const watched = [...operandsOf(call).filter((value) => made.has(value)), call.outputs[0]];
  const ports = [...new Set(watched)]
    .filter((value) => program.values[value].dtype === "float32")
    .map((value) => ({ name: String(value), value }));
  const until = { ...program, calls: program.calls.slice(0, number + 1), outputs: ports };
  const seen = await runOnceOn(engine, until, inputs);
  const valuesOf = (value: number): ArrayLike<number> =>
    seen[String(value)] ?? elementsOf(program, inputs, value);
  const at = seen[String(call.outputs[0])].findIndex((element) => !Number.isFinite(element));
  const operands = operandsOf(call);
  const [first = Number.NaN, second = Number.NaN] = operands.map((operand) =>
    elementAt(program, call, operand, at, valuesOf(operand)),
  );
  const largest = operands.reduce((most, operand) => Math.max(most, largestOf(valuesOf(operand))), 0);
  return { call: number, operands: [first, second], largest };
}

/** Of a program's input, or a constant of it. */
function elementsOf(program: Program, inputs: Buffers["inputs"], value: number): ArrayLike<number> {
  const port = program.inputs.find((input) => input.value === value);
  return port ? inputs[port.name] : (program.constants.find((one) => one.value === value)?.data ?? []);
}

/** An operand's element that belongs to the result's element `at`; NaN where that is no single one. */
function elementAt(
  program: Program,
  call: Call,
  operand: number,
  at: number,
  elements: ArrayLike<number>,
): number {
  const { shape } = program.values[call.outputs[0]];
  const own = program.values[operand].shape;
  const constant = program.constants.find(({ value }) => value === operand);
  if (elements.length === 1 || (constant && isUniform(constant, program.values[operand]))) return elements[0];
  if (sizeOf(own) === sizeOf(shape)) return elements[at] ?? Number.NaN;
  if (own.length !== shape.length || own.some((size, axis) => size !== 1 && size !== shape[axis]))
    return Number.NaN;
  let place = 0; // broadcast along the axes where it has one element
  let left = at;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const along = left % shape[axis];
    left = Math.floor(left / shape[axis]);
    if (own[axis] !== 1) place += along * stride;
    stride *= own[axis];
  }
  return elements[place] ?? Number.NaN;
}

function largestOf(elements: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < elements.length; i++) largest = Math.max(largest, Math.abs(elements[i]));
  return largest;
}
