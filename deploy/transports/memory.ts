// Nodes inside this process.
import { createMemoryHub } from "../../shared/transport/memory.ts";
import type { Served } from "./served.ts";

export function serveInMemory(): Served {
  const hub = createMemoryHub();
  return { hub, join: { kind: "in process", connect: (node) => hub.connect(node) } };
}
