// What the axes of each weight mean, for those who read it in another framework.
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import { classNameOf, ownName } from "./held.ts";
import type { NamedWeight } from "./weights.ts";

type Layer = layers.Layer;
type LayerVariable = Layer["weights"][number];

/** By a layer's class and the weight's own name; one axis is that of the outputs, or of the channels. */
const AXES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Dense: { kernel: "in out" },
  Conv1D: { kernel: "w in out" },
  Conv2D: { kernel: "h w in out" },
  Conv3D: { kernel: "d h w in out" },
  Conv2DTranspose: { kernel: "h w out in" },
  Conv3DTranspose: { kernel: "d h w out in" },
  GanglionGroupedConv2D: { kernel: "h w in/groups out" },
  DepthwiseConv2D: { depthwise_kernel: "h w in multiplier" },
  SeparableConv2D: { depthwise_kernel: "h w in multiplier", pointwise_kernel: "h w in*multiplier out" },
  Embedding: { embeddings: "in out" },
  SimpleRNNCell: { kernel: "in units", recurrent_kernel: "units_in units" },
  SimpleRNN: { kernel: "in units", recurrent_kernel: "units_in units" },
  LSTM: { kernel: "in i,f,c,o*units", recurrent_kernel: "units_in i,f,c,o*units" },
  GanglionSpectralNorm: { u: "one out", depthwise_u: "one in*multiplier", pointwise_u: "one out" },
  GanglionSelfAttention: {
    theta_kernel: "h w in out",
    phi_kernel: "h w in out",
    g_kernel: "h w in out",
    out_kernel: "h w in out",
  },
  GanglionConditionalBatchNorm: { gamma_embedding: "classes channels", beta_embedding: "classes channels" },
  GanglionProjection: { kernel: "in out", embedding: "classes in" },
  GanglionLearnedBasis: { basis: "h w channels", kernel: "in channels" },
  GRU: { kernel: "in z,r,h*units", recurrent_kernel: "units_in z,r,h*units" },
};

/** E.g. `["h", "w", "in", "out"]`; of a layer that is not known here `["axis0", …]`. */
export function axesOf(model: LayersModel, { variable, position }: NamedWeight): readonly string[] {
  const { shape } = variable;
  const owner = ownerOf(model.layers[position], variable as unknown as LayerVariable);
  const name = owner && ownName(variable as unknown as LayerVariable);
  const known = owner && name ? AXES[classNameOf(owner)]?.[name]?.split(" ") : undefined;
  if (known?.length === shape.length) return known;
  if (shape.length === 1) return [name === "bias" ? "out" : "channels"];
  return shape.map((_, axis) => `axis${axis}`);
}

/** The layer itself, or the one inside of it that has the weight. */
function ownerOf(layer: Layer, variable: LayerVariable): Layer | undefined {
  const { layers: within, layer: wrapped } = layer as unknown as {
    readonly layers?: readonly Layer[];
    readonly layer?: Layer;
  };
  const inner = [...(within ?? []), ...(wrapped ? [wrapped] : [])];
  for (const one of inner) {
    const owner = one.weights.includes(variable) ? ownerOf(one, variable) : undefined;
    if (owner) return owner;
  }
  return layer.weights.includes(variable) ? layer : undefined;
}
