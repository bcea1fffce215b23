// What follows from steady inputs, such as weights, kept from run to run: computed anew when they have changed.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { sizeOf } from "../../../../shared/program/program.ts";
import type { OnnxGraph } from "../onnx.ts";
import type { OnnxRuntime } from "../onnxruntime.ts";
import { heldName } from "./copies.ts";

type Tensors = Readonly<Record<string, Tensor>>;

export interface HeldValues {
  /** All of them by ONNX name, as they follow from what the inputs' arrays hold since they were last refreshed. */
  current(): Promise<Tensors>;
  /** These inputs' arrays have changed; without names, all of them may have. */
  refresh(changed?: ReadonlySet<string>): void;
  dispose(): Promise<void>;
}

export interface HeldOptions {
  /** Tensors over the inputs' arrays, by ONNX name: more than are needed, perhaps. */
  readonly inputs: Tensors;
  readonly open: (prefix: OnnxGraph, options?: InferenceSession.SessionOptions) => Promise<InferenceSession>;
  /** In arrays, or where the device has its tensors. */
  readonly place: "host" | "device";
}

/** What one prefix makes. Its values are held until its inputs change, and disposed or overwritten then. */
class Held {
  readonly #session: InferenceSession;
  readonly #inputs: Tensors;
  /** Where the values go; null on a device, which makes tensors of its own. */
  readonly #arrays: Tensors | null;
  #values: Tensors | null = null;

  constructor(session: InferenceSession, inputs: Tensors, arrays: Tensors | null) {
    [this.#session, this.#inputs, this.#arrays] = [session, inputs, arrays];
  }

  async current(): Promise<Tensors> {
    if (this.#values) return this.#values;
    if (this.#arrays) {
      await this.#session.run(this.#inputs, this.#arrays);
      this.#values = this.#arrays;
    } else {
      const made = await this.#session.run(this.#inputs);
      this.#values = Object.fromEntries(
        Object.entries(made).map(([name, tensor]) => [heldName(name), tensor]),
      );
    }
    return this.#values;
  }

  refresh(changed?: ReadonlySet<string>): void {
    if (changed && !Object.keys(this.#inputs).some((name) => changed.has(name))) return;
    if (!this.#arrays) for (const tensor of Object.values(this.#values ?? {})) tensor.dispose();
    this.#values = null;
  }

  async dispose(): Promise<void> {
    this.refresh();
    await this.#session.release();
  }
}

/** A session for each prefix, run before the first run and whenever one of its own inputs has changed. */
export async function holdValues(
  ort: OnnxRuntime,
  prefixes: readonly OnnxGraph[],
  { inputs, open, place }: HeldOptions,
): Promise<HeldValues> {
  const held: Held[] = [];
  for (const graph of prefixes) {
    const options = place === "device" ? { preferredOutputLocation: "gpu-buffer" as const } : {};
    const session = await open(graph, options);
    const own = Object.fromEntries(graph.inputs.map(({ name }) => [name, inputs[name]]));
    held.push(new Held(session, own, place === "host" ? arraysFor(ort, graph) : null));
  }
  return {
    async current() {
      const tensors: Tensors[] = [];
      for (const one of held) tensors.push(await one.current());
      return Object.assign({}, ...tensors) as Tensors;
    },
    refresh(changed) {
      for (const one of held) one.refresh(changed);
    },
    async dispose() {
      for (const one of held) await one.dispose();
    },
  };
}

function arraysFor(ort: OnnxRuntime, { outputs }: OnnxGraph): Tensors {
  return Object.fromEntries(
    outputs.map(({ name, shape }) => {
      const sizes = shape as readonly number[];
      return [name, new ort.Tensor("float32", new Float32Array(sizeOf(sizes)), sizes)];
    }),
  );
}
