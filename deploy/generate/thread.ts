// A thread that draws: prepares the program once, then answers each message with the images of its inputs.
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../shared/errors.ts";
import type { Program } from "../../shared/program/program.ts";
import type { Layout } from "../../shared/protocol/layout.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { buffersFor } from "./buffers.ts";

/** What the thread is started with. */
export interface DrawingThread {
  readonly choice: EngineChoice;
  readonly program: Program;
  readonly layout: Layout;
  readonly weights: Float32Array;
}

const port = parentPort!;
const { choice, program, layout, weights } = workerData as DrawingThread;

try {
  const buffers = buffersFor(program, layout, weights);
  const engine = await openEngine(choice);
  const executable = await engine.prepare(program, buffers);
  port.on("message", (given: Readonly<Record<string, Float32Array>> | null) => {
    if (given === null) {
      void executable.dispose().then(() => port.close());
      return;
    }
    for (const [name, values] of Object.entries(given)) buffers.inputs[name].set(values);
    executable.run().then(
      () => port.postMessage(buffers.outputs["images"].slice()),
      (error: unknown) => port.postMessage({ error: messageOf(error) }),
    );
  });
  port.postMessage(new Float32Array(0)); // ready
} catch (error) {
  port.postMessage({ error: messageOf(error) });
}
