// tfjs's pure JavaScript backend: models are built on it, and the reference engine computes with it.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { registerGroupedConvolution } from "./grouped-convolution.ts";

/** Makes it tfjs's current backend, without its advertisement for another. */
export async function useCpuBackend(): Promise<void> {
  registerGroupedConvolution();
  await tf.setBackend("cpu");
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}
