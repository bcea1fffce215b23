// Opens the engine of a choice. Imports are lazy: a graph node loads no tfjs backend, a reference node no ONNX Runtime.
import { join } from "node:path";
import { cacheFolder } from "../../shared/data/packed/cache.ts";
import { hardwareOf } from "../devices/devices.ts";
import { type EngineChoice, checkChoice } from "./engine-choice.ts";
import type { Engine } from "./engine.ts";

/** @throws GanglionError USAGE when the engine does not run on the device, ENGINE when this machine has no such device */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  checkChoice(choice);
  switch (choice.engine) {
    case "graph": {
      const { device } = choice;
      const cache = cacheFolder();
      return (await import("./graph/graph-engine.ts")).createGraphEngine(hardwareOf(choice), {
        device,
        cache: cache === null ? null : join(cache, "graphs"),
      });
    }
    case "tensorflow":
      return (await import("./tensorflow/tensorflow-engine.ts")).createTensorflowEngine(
        hardwareOf(choice),
        choice.device === "cuda" ? "cuda" : "cpu",
      );
    case "reference":
      return (await import("./reference-engine.ts")).createReferenceEngine();
    default:
      return choice.engine satisfies never;
  }
}
