// Kernels of tfjs that no step may call, and why: each family with its reason and its remedy.

interface Family {
  readonly reason: string;
  readonly kernels: readonly string[];
}

const FAMILIES: readonly Family[] = [
  {
    reason: "complex numbers have no gradients here: use the real and imaginary parts as two channels",
    kernels: ["Complex", "ComplexAbs", "FFT", "IFFT", "Imag", "Real"],
  },
  {
    reason: "three-dimensional images are not supported: put the depth into channels, or the batch",
    kernels: [
      "AvgPool3D",
      "AvgPool3DGrad",
      "Conv3D",
      "Conv3DBackpropFilterV2",
      "Conv3DBackpropInputV2",
      "MaxPool3D",
      "MaxPool3DGrad",
    ],
  },
  {
    reason: "it draws numbers on the host: use the random ops of the context's tf",
    kernels: ["Multinomial"],
  },
  {
    reason: "the shape of its result depends on values, and a step has fixed shapes",
    kernels: [
      "BroadcastArgs",
      "NonMaxSuppressionV3",
      "NonMaxSuppressionV4",
      "NonMaxSuppressionV5",
      "RaggedGather",
      "RaggedRange",
      "RaggedTensorToTensor",
      "Unique",
    ],
  },
  {
    reason: "sparse tensors are not supported: use dense ones, gather and scatterND",
    kernels: [
      "SparseFillEmptyRows",
      "SparseReshape",
      "SparseSegmentMean",
      "SparseSegmentSum",
      "SparseToDense",
    ],
  },
  {
    reason: "strings cannot be part of a step: encode them while the data is prepared",
    kernels: ["StaticRegexReplace", "StringNGrams", "StringSplit", "StringToHashBucketFast"],
  },
  {
    reason:
      "it warps images by values that it reads on the host: warp while the data is prepared, or with slices and resizes",
    kernels: ["CropAndResize", "RotateWithOffset", "Transform"],
  },
  {
    reason: "morphological filters are not supported: use maxPool",
    kernels: ["Dilation2D", "Dilation2DBackpropFilter", "Dilation2DBackpropInput"],
  },
  {
    reason: "counting has no gradient: use oneHot and sum, or unsortedSegmentSum",
    kernels: ["Bincount", "DenseBincount", "SearchSorted"],
  },
  {
    reason: "bits are not numbers: use mod and floorDiv",
    kernels: ["BitwiseAnd"],
  },
  {
    reason: "it writes to a canvas, which a worker has not",
    kernels: ["Draw"],
  },
];

/** Why a kernel is refused, in half a sentence that follows its name. */
export const REFUSED: ReadonlyMap<string, string> = new Map(
  FAMILIES.flatMap(({ reason, kernels }) => kernels.map((kernel) => [kernel, reason] as const)),
);
