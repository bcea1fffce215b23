// tfjs images are NHWC and filters HWIO; ONNX wants NCHW and OIHW.
import type { GraphBuilder } from "../../graph-builder.ts";

export function toNchw(builder: GraphBuilder, name: string): string {
  return builder.transpose(name, [0, 3, 1, 2]);
}

export function toNhwc(builder: GraphBuilder, name: string): string {
  return builder.transpose(name, [0, 2, 3, 1]);
}
