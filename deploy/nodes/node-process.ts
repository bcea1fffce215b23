// A worker node as a child process of this one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../shared/errors.ts";

/** How a process ended: with exit code 0, or in another way, in words and with the last that it wrote. */
export type NodeEnd =
  | { readonly kind: "clean" }
  | {
      readonly kind: "failed";
      readonly how: string;
      /** It refuses its flags, data or token, and would do so again. */
      readonly mistake: boolean;
    };

export interface NodeProcess {
  /** Resolves, never rejects, when it has ended. */
  readonly ended: Promise<NodeEnd>;
  /** Does nothing once it has ended. */
  kill(signal: NodeJS.Signals): void;
}

export interface NodeProcessOptions {
  /** Of `ganglion worker`. */
  readonly flags: readonly string[];
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets its lines on stdout; by default they are discarded. */
  readonly onLine?: (line: string) => void;
}

/** Exit code for a mistake that the user has to fix (see `GanglionError.exitCode`). */
const MISTAKE = 2;

/** How much of its last error output is kept, in characters. */
const COMPLAINT = 2000;

/**
 * Starts `ganglion worker …`; it is killed if it still runs when this process ends, and leaves by itself if this process
 * is killed: the input that is open between them ends.
 */
export function startNode({ flags, environment, onLine }: NodeProcessOptions): NodeProcess {
  const cli = fileURLToPath(new URL("../cli.js", import.meta.url));
  // Its own process group: Ctrl-C reaches this process alone, which then stops its nodes in order.
  const child = spawn(process.execPath, [cli, "worker", ...flags, "--launched"], {
    stdio: ["pipe", onLine ? "pipe" : "ignore", "pipe"],
    env: { ...process.env, ...environment },
    detached: true,
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.setMaxListeners(process.getMaxListeners() + 1); // many nodes of one process are no leak
  process.on("exit", kill); // a second Ctrl-C, or a defect: no node may outlive this process
  let complaint = "";
  child.stdin?.on("error", () => undefined); // it has ended, or could not be started: that is reported below
  child.stdin?.write("\n"); // its token is in its environment
  child.stderr?.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-COMPLAINT)));
  if (child.stdout && onLine) createInterface({ input: child.stdout }).on("line", onLine);

  async function watch(): Promise<NodeEnd> {
    try {
      await once(child, "exit");
    } catch (error) {
      complaint = messageOf(error); // it could not be started
    } finally {
      process.off("exit", kill);
      process.setMaxListeners(process.getMaxListeners() - 1);
    }
    if (child.exitCode === 0) return { kind: "clean" };
    const end = child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
    return {
      kind: "failed",
      how: `${end}${complaint && `: ${complaint.trim()}`}`,
      mistake: child.exitCode === MISTAKE,
    };
  }

  return { ended: watch(), kill: (signal) => void child.kill(signal) };
}
