// Which engine a name stands for. Imports are lazy: a graph node loads no tfjs backend, a reference node no ONNX Runtime.
import { GanglionError } from "../../shared/errors.ts";
import { nearest } from "../../shared/nearest.ts";
import { instructionSet } from "../devices.ts";
import type { Engine } from "./engine.ts";

export type EngineName = "graph" | "reference";
export const ENGINES: readonly EngineName[] = ["graph", "reference"];

/** @throws GanglionError USAGE that suggests the nearest name */
export function parseEngineName(name: string): EngineName {
  const found = ENGINES.find((engine) => engine === name);
  if (found) return found;
  throw new GanglionError(
    "USAGE",
    `there is no engine "${name}": did you mean ${nearest(name, ENGINES)}? (${ENGINES.join(", ")})`,
  );
}

export async function openEngine(name: EngineName): Promise<Engine> {
  switch (name) {
    case "graph":
      return (await import("./graph/graph-engine.ts")).createGraphEngine(instructionSet());
    case "reference":
      return (await import("./reference-engine.ts")).createReferenceEngine();
    default:
      return name satisfies never;
  }
}
