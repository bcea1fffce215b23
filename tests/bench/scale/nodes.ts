// Many simulated nodes in one process: `nodes.ts ADDRESS FIRST COUNT THREADS`. Prints "joined" when all of its nodes could
// begin, which they do when a line comes in.
import { once } from "node:events";
import { joinCoordinator, nodeNameAt } from "../../../shared/transport/join.ts";
import { simulateNode, startTogether } from "./simulated-node.ts";
import { createTurns } from "./turns.ts";

/** Frames on their way out of this process: a few large ones, so that its thread is never held up for seconds. */
const UNDER_WAY_BYTES = 128 * 1024 * 1024;

const [address, first, count, threads] = [
  process.argv[2],
  ...process.argv.slice(3).map(Number),
] as unknown as [string, number, number, number];
const together = startTogether(count);
/** Nobody answers before all have weights: this thread should not encode while it still has to receive. */
const weighed = startTogether(count);
const turns = createTurns(UNDER_WAY_BYTES);
/** One for all: sockets copy it. */
let zeros = new Float32Array(0);
const answer = (length: number): Float32Array => {
  if (zeros.length !== length) zeros = new Float32Array(length);
  return zeros;
};
const toldToGo = once(process.stdin, "data");
void together.joined.then(() => process.stdout.write("joined\n"));
await nodeNameAt(address, undefined); // loads the transport: of several imports at once jiti answers some half loaded
await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const node = `node-${first + i}`;
    const signal = new AbortController().signal;
    const { connection } = await joinCoordinator({ url: address, name: node, signal, say: () => undefined });
    const start = async (): Promise<void> => {
      await together.arrive();
      await toldToGo;
    };
    const begin = (): Promise<void> => weighed.arrive();
    await simulateNode({ connection, node, threads, start, begin, turns, answer });
  }),
);
process.exit(0);
