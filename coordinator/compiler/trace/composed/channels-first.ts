// Image kernels with `dataFormat: "NCHW"`: the input is transposed to channels last, and the result back.
import { type Compose, transpose } from "./compose.ts";

type Pair = readonly [number, number];

/** `input` names the image [B, C, H, W]. The recorded kernels, and tfjs's own on the CPU, know channels last only. */
export function withChannelsLast(input: string, compose: Compose): Compose {
  return (inputs, attributes, backend) => {
    if (attributes["dataFormat"] !== "NCHW") return compose(inputs, attributes, backend);
    const pad = attributes["pad"];
    const moved = {
      ...attributes,
      dataFormat: "NHWC",
      ...(Array.isArray(pad) && { pad: lastChannels(pad as Pair[]) }),
    };
    const image = transpose(inputs[input]!, [0, 2, 3, 1]);
    const result = compose({ ...inputs, [input]: image }, moved, backend);
    return Array.isArray(result) ? result : transpose(result, [0, 3, 1, 2]);
  };
}

function lastChannels([batch, channels, rows, columns]: readonly Pair[]): readonly Pair[] {
  return [batch, rows, columns, channels];
}
