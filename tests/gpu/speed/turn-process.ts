// A system that is measured in turns: a process that warms up, and takes a turn of steps whenever it is told to.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

const ready = z.strictObject({ ready: z.literal(true) });
const turn = z.strictObject({
  timesMs: z.array(z.number().positive()).min(1),
  cpuMs: z.array(z.number().nonnegative()).min(1),
});
const end = z.strictObject({
  peakBytes: z.number().positive(),
  gpuBytes: z.number().nonnegative().optional(),
});

export type TurnLine = z.infer<typeof ready> | z.infer<typeof turn> | z.infer<typeof end>;

/** How much of what a dying process said a cause repeats, in characters. */
const LAST_WORDS = 400;

export class TurnProcess {
  /** As the table has it. */
  readonly system: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #words = "";

  constructor(
    system: string,
    [command, ...flags]: readonly [string, ...string[]],
    environment: Readonly<Record<string, string>>,
  ) {
    this.system = system;
    this.#child = spawn(command, flags, { env: { ...process.env, ...environment }, stdio: "pipe" });
    this.#child.stderr!.on(
      "data",
      (text: Buffer) => (this.#words = (this.#words + text.toString()).slice(-LAST_WORDS)),
    );
    this.#child.on("error", (cause) => (this.#words += messageOf(cause)));
    this.#child.stdin!.on("error", () => undefined); // one that is gone tells by its last line
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits until it has warmed up. @throws GanglionError ENGINE where it ends instead */
  async ready(stop: AbortSignal): Promise<void> {
    await this.#next(ready, stop);
  }

  /** Steps of one turn: milliseconds by the clock, on average. @throws GanglionError ENGINE where it ends instead */
  async turn(stop: AbortSignal): Promise<number> {
    this.#child.stdin!.write("\n");
    const { timesMs } = await this.#next(turn, stop);
    return timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length;
  }

  /** The memory that it had at most. */
  async end(stop: AbortSignal): Promise<z.infer<typeof end>> {
    this.#child.stdin!.end();
    return this.#next(end, stop);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #next<Line>(schema: z.ZodType<Line>, stop: AbortSignal): Promise<Line> {
    stop.throwIfAborted();
    let abort = (): void => undefined;
    const stopped = new Promise<never>((_, reject) => {
      abort = () => reject(stop.reason as Error);
      stop.addEventListener("abort", abort, { once: true });
    });
    try {
      const next = await Promise.race([this.#lines.next(), stopped]);
      if (next.done === true) throw new GanglionError("ENGINE", `it ended: ${lastLine(this.#words)}`);
      return schema.parse(JSON.parse(next.value));
    } finally {
      stop.removeEventListener("abort", abort);
    }
  }
}

/** Of a traceback, what went wrong. */
function lastLine(words: string): string {
  return words.trim().split("\n").at(-1) || "without a word";
}
