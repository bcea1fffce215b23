// A process for a device, started again where a driver has ended it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { typescriptCommand } from "../typescript-command.ts";
import type { GpuDevice } from "../report.ts";

export interface DeviceRequest {
  readonly device: GpuDevice;
  /** A `PhaseFile`. */
  readonly file: string;
}

export type DeviceAnswer =
  | { readonly kind: "errors"; readonly errors: Readonly<Record<string, number>> }
  | { readonly kind: "fails"; readonly cause: string };

/** What hangs is ended, and fails. */
const MOST_MS = 60_000;
/** How much of what a dying process said a cause repeats, in characters. */
const LAST_WORDS = 400;

export class DeviceProcess {
  readonly device: GpuDevice;
  #child: ChildProcess | null = null;
  #words = "";

  constructor(device: GpuDevice) {
    this.device = device;
  }

  /** One at a time. Never throws for a device that fails: that is an answer. Throws the reason of `stop` when it aborts. */
  async check(file: string, stop: AbortSignal): Promise<DeviceAnswer> {
    stop.throwIfAborted();
    const child = (this.#child ??= this.#start());
    const ended = new AbortController();
    const end = (fate: string) => (): void => ended.abort(fate);
    const [late, gone, given] = ["late", "gone", "given up"].map(end);
    const timer = setTimeout(late, MOST_MS);
    child.once("exit", gone);
    stop.addEventListener("abort", given, { once: true });
    try {
      const answered = once(child, "message", { signal: ended.signal });
      child.send({ device: this.device, file } satisfies DeviceRequest, () => undefined); // one that is gone tells by its exit
      const [answer] = (await answered) as [DeviceAnswer];
      return answer;
    } catch (cause) {
      if (!ended.signal.aborted) throw cause;
      this.close();
      stop.throwIfAborted();
      const fate =
        ended.signal.reason === "gone"
          ? `ended (${child.signalCode ?? `exit code ${child.exitCode}`})`
          : `gave no answer within ${MOST_MS / 1000} s`;
      const words = this.#words.trim();
      return {
        kind: "fails",
        cause: `the process that computes ${fate}${words && `; its last words: ${words}`}`,
      };
    } finally {
      clearTimeout(timer);
      child.off("exit", gone);
      stop.removeEventListener("abort", given);
    }
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  #start(): ChildProcess {
    const [command, ...flags] = typescriptCommand(new URL("device-worker.ts", import.meta.url));
    this.#words = "";
    const child = spawn(command, flags, {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr!.on(
      "data",
      (text: Buffer) => (this.#words = (this.#words + text.toString()).slice(-LAST_WORDS)),
    );
    return child;
  }
}
