// Many simulated nodes in one process: `nodes.ts ADDRESS FIRST COUNT THREADS`. Prints "joined" when all of its nodes could
// begin, which they do when a line comes in.
import { once } from "node:events";
import { joinCoordinator } from "../../../shared/transport/join.ts";
import { simulateNode, startTogether } from "./simulated-node.ts";

const [address, first, count, threads] = [
  process.argv[2],
  ...process.argv.slice(3).map(Number),
] as unknown as [string, number, number, number];
const together = startTogether(count);
const toldToGo = once(process.stdin, "data");
void together.joined.then(() => process.stdout.write("joined\n"));
await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const node = `node-${first + i}`;
    const signal = new AbortController().signal;
    const { connection } = await joinCoordinator({ url: address, name: node, signal, say: () => undefined });
    const start = async (): Promise<void> => {
      await together.arrive();
      await toldToGo;
    };
    await simulateNode({ connection, node, threads, start });
  }),
);
process.exit(0);
