// `ganglion setup tensorflow`: libtensorflow and its binding, which no npm package brings.
import { type TensorflowDevice, tensorflowFolder } from "../../../worker/engine/tensorflow/installation.ts";
import { say } from "../../terminal/output.ts";
import { provisionTensorflow, provisioned } from "../../install/tensorflow/provision.ts";
import type { Source } from "../../install/tensorflow/sources.ts";

export interface SetupTensorflowFlags {
  readonly device: TensorflowDevice;
  readonly from: "wheel" | "package";
  readonly tensorflow: string;
  readonly libtensorflow?: string;
  readonly nodeHeaders?: string;
  readonly force?: boolean;
}

export async function setUpTensorflow(flags: SetupTensorflowFlags): Promise<void> {
  const folder = tensorflowFolder();
  const present = flags.force ? null : provisioned(folder);
  if (present) {
    say(
      `libtensorflow ${present.tensorflow} is set up in ${folder} (${present.source}); --force does it again`,
    );
    return;
  }
  const made = await provisionTensorflow({
    source: sourceOf(flags),
    folder,
    say,
    ...(flags.nodeHeaders !== undefined && { nodeHeaders: flags.nodeHeaders }),
  });
  say(`libtensorflow ${made.tensorflow} is set up in ${folder}: ganglion doctor tries it`);
}

function sourceOf({ libtensorflow, from, tensorflow, device }: SetupTensorflowFlags): Source {
  if (libtensorflow !== undefined) return { kind: "folder", folder: libtensorflow };
  return from === "wheel" ? { kind: "wheel", version: tensorflow, device } : { kind: "package", device };
}
