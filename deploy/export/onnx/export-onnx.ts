// `--format onnx`: one file for each network.
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { provenance, scoresText } from "../describe.ts";
import { type ExportSource, classText } from "../source.ts";
import { checkOnnx } from "./check.ts";
import { type OnnxModel, onnxModel } from "./onnx-model.ts";

/** Batches that are compared with the engine; others follow by the graph's construction. */
const COMPARED = [1, 2, 7];

/** The model of one network, run and compared before it is returned. */
export async function onnxOf(source: ExportSource, network: NetworkName, batch?: number): Promise<OnnxModel> {
  const { trained, weights, checkpoint, config } = source;
  const trace = (images: number) => trained.trace(network, images);
  const { layout } = trained;
  const { classes } = checkpoint.config;
  const model = await onnxModel({
    network,
    trace,
    layout,
    weights,
    classes,
    classText: classText(checkpoint),
    scoresText: scoresText(source, network),
    metadata: provenance(source, network),
    ...(batch !== undefined && { batch }),
  });
  const batches = batch === undefined ? COMPARED : [batch];
  await checkOnnx({ model, trace, layout, weights, latentSize: config.latentSize, classes, batches });
  return model;
}
