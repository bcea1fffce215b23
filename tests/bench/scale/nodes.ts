// Many simulated nodes in one process: `nodes.ts ADDRESS FIRST COUNT THREADS`.
import { joinCoordinator } from "../../../shared/transport/join.ts";
import { simulateNode } from "./simulated-node.ts";

const [address, first, count, threads] = [
  process.argv[2],
  ...process.argv.slice(3).map(Number),
] as unknown as [string, number, number, number];
await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const name = `node-${first + i}`;
    const signal = new AbortController().signal;
    const { connection } = await joinCoordinator({ url: address, name, signal, say: () => undefined });
    await simulateNode(connection, name, threads);
  }),
);
process.exit(0);
