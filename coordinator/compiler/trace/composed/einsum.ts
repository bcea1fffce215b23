// Einstein summation as one matrix product.
import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../../shared/program/program.ts";
import { reshape, run, transpose } from "./compose.ts";

interface Term {
  readonly tensor: tf.TensorInfo;
  /** One letter an axis. */
  readonly axes: readonly string[];
}

/**
 * E.g. "bij,bjk->bik". Letters that only one operand has and the result lacks are summed first; then both operands
 * are laid out as [shared and kept, own, shared and summed] and multiplied.
 */
export function einsum(equation: string, tensors: readonly tf.TensorInfo[]): tf.TensorInfo {
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length); // checks the form
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as tf.Tensor[]);
  const [left, right] = equation.replaceAll(/\s/g, "").split("->");
  const result = right.split("");
  const names = left.split(",").map((axes) => axes.split(""));
  const terms = names.map((axes, i) => {
    const elsewhere = new Set([...result, ...names.filter((_, other) => other !== i).flat()]);
    return summed({ tensor: tensors[i], axes }, (axis) => !elsewhere.has(axis));
  });
  const product = terms.length === 1 ? terms[0] : multiplied(terms[0], terms[1], new Set(result));
  return permuted(product, result);
}

function summed({ tensor, axes }: Term, lost: (axis: string) => boolean): Term {
  const over = axes.flatMap((axis, i) => (lost(axis) ? [i] : []));
  if (over.length === 0) return { tensor, axes };
  return { tensor: tf.sum(tensor as tf.Tensor, over), axes: axes.filter((axis) => !lost(axis)) };
}

function multiplied(a: Term, b: Term, kept: ReadonlySet<string>): Term {
  const common = a.axes.filter((axis) => b.axes.includes(axis));
  const batch = common.filter((axis) => kept.has(axis));
  const contracted = common.filter((axis) => !kept.has(axis));
  const ownA = a.axes.filter((axis) => !common.includes(axis));
  const ownB = b.axes.filter((axis) => !common.includes(axis));
  const size = new Map([
    ...a.axes.map((axis, i) => [axis, a.tensor.shape[i]] as const),
    ...b.axes.map((axis, i) => [axis, b.tensor.shape[i]] as const),
  ]);
  const sizes = (axes: readonly string[]): number[] => axes.map((axis) => size.get(axis)!);
  const matrix = (term: Term, own: readonly string[]): tf.Tensor =>
    reshape(permuted(term, [...batch, ...own, ...contracted]), [
      sizeOf(sizes(batch)),
      sizeOf(sizes(own)),
      sizeOf(sizes(contracted)),
    ]);
  const product = run(
    "BatchMatMul",
    { a: matrix(a, ownA), b: matrix(b, ownB) },
    { transposeA: false, transposeB: true },
  );
  const axes = [...batch, ...ownA, ...ownB];
  return { tensor: reshape(product, sizes(axes)), axes };
}

function permuted({ tensor, axes }: Term, order: readonly string[]): tf.TensorInfo {
  const perm = order.map((axis) => axes.indexOf(axis));
  return perm.every((axis, i) => axis === i) ? tensor : transpose(tensor, perm);
}
