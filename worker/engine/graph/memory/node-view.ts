// A node with what the shape rules look at.
import type { OnnxNode, OnnxType } from "../onnx.ts";

export interface ValueType {
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

/** What a rule may look at: shapes and types of the inputs, integers of constant ones, attributes. */
export interface NodeView {
  readonly node: OnnxNode;
  readonly inputs: readonly ValueType[];
  /** Of a constant int64 input; undefined where there is none. */
  readonly ints: (index: number) => readonly number[] | undefined;
  readonly int: (attribute: string, otherwise: number) => number;
  readonly list: (attribute: string) => readonly number[] | undefined;
}
