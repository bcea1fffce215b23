// Many simulated nodes in one process: `nodes.ts ADDRESS FIRST COUNT THREADS`.
import { connectWebSocket } from "../../../shared/transport/websocket.ts";
import { simulateNode } from "./simulated-node.ts";

const [address, first, count, threads] = [
  process.argv[2],
  ...process.argv.slice(3).map(Number),
] as unknown as [string, number, number, number];
await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const name = `node-${first + i}`;
    await simulateNode(await connectWebSocket({ url: address, name }), name, threads);
  }),
);
process.exit(0);
