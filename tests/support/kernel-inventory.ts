// The inventory of tfjs's kernels as a page: what a step may call, and how it is executed.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu"; // its registry is the list
import { COMPOSED } from "../../coordinator/compiler/trace/composed-kernels.ts";
import { registerGroupedConvolution } from "../../shared/program/grouped-convolution.ts";
import { REFUSED } from "../../coordinator/compiler/trace/refused-kernels.ts";
import { LOWERINGS } from "../../worker/engine/graph/lower/lower.ts";

export type Treatment = "lowered" | "composed" | "refused";

export function registeredKernels(): readonly string[] {
  registerGroupedConvolution();
  return tf
    .getKernelsForBackend("cpu")
    .map(({ kernelName }) => kernelName)
    .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

export function treatmentOf(kernel: string): Treatment {
  if (kernel in LOWERINGS) return "lowered";
  return COMPOSED.has(kernel) ? "composed" : "refused";
}

const INTRODUCTION = `# Kernels

What tfjs ops, layers and losses call, and what becomes of it in a traced step. This page is written by a test:
\`npx vitest run tests/unit/coordinator/compiler/trace/kernel-inventory.test.ts -u\` rewrites it.

- **lowered**: recorded as it is. The \`graph\` engine turns it into ONNX operators (\`worker/engine/graph/lower\`); the
  engines that replay calls have it from tfjs.
- **composed**: recorded as other kernels (\`coordinator/compiler/trace/composed\`), so that every engine has it, and
  its gradients of any order.
- **refused**: a step that calls it is refused while it is traced, with the op, the layer and this reason.

\`GroupedConv2D\` and its two gradients are Ganglion's own (\`shared/program/grouped-convolution.ts\`); all others are tfjs's.

Against eager tfjs on its CPU backend the relative error of every result and first gradient is under 1e-5, in the L2
norm; int32 and bool tensors give what they give there. \`Elu\` and \`Selu\` just below zero are exact to 1e-7 of 1, not
of the result. On purpose these differ:

- \`AvgPoolGrad\` divides by the pixels that a window really covers, as the forward kernel does; tfjs divides by the
  window's size also where padding cuts the window.
- \`ResizeBilinearGrad\` and \`ResizeNearestNeighborGrad\` are the transposes of their forward kernels; tfjs ignores
  \`halfPixelCenters\`, exchanges height and width, and in a batch takes another sample's gradient.
- \`Cumsum\` and \`Cumprod\` take an axis that is counted from the end.
- \`BatchMatMul\` takes batches that repeat along some of their axes; tfjs multiplies the wrong pairs.
- \`TopK\`, \`GatherNd\`, \`ScatterNd\`, \`StridedSlice\`, \`Einsum\`, \`Cumprod\`, \`DepthToSpace\`, \`MirrorPad\` and \`Diag\`
  have gradients.
`;

/** The page: an introduction, then one row a kernel. */
export function inventory(): string {
  const rows = registeredKernels().map((kernel) => {
    const treatment = treatmentOf(kernel);
    const reason = treatment === "refused" ? (REFUSED.get(kernel) ?? "") : "";
    return [`\`${kernel}\``, treatment, reason];
  });
  const counts = (["lowered", "composed", "refused"] as const).map(
    (treatment) => `${rows.filter(([, name]) => name === treatment).length} ${treatment}`,
  );
  return `${INTRODUCTION}\n${counts.join(", ")}.\n\n${table(["kernel", "treatment", "reason"], rows)}\n`;
}

/** Columns as wide as their widest cell: the page is read as text too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
