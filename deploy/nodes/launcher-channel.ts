// The channel from a launcher, standard input: the token comes first, and its end asks this process to stop.
//
// A launcher that is killed and an ssh connection that breaks end the input too: nothing that was started is left behind.
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Option } from "commander";
import { GanglionError } from "../../shared/errors.ts";

export interface LauncherChannel {
  /** Empty where this process has the token, if there is one, from elsewhere. */
  readonly token: string;
  /** Aborts when the launcher closes the input, or is gone. */
  readonly ended: AbortSignal;
  /** Stops reading: an open input would keep the process alive. */
  release(): void;
}

/** Not for people: `ganglion launch` starts coordinator and workers with it, `train` and `worker --gpus` their nodes. */
export function launchedOption(): Option {
  return new Option("--launched", "read the token from standard input, and stop when that ends").hideHelp();
}

/** A living launcher ends by force what has not stopped by then; where it is gone, the process ends itself. */
const PATIENCE_MS = 75_000;

/** @throws GanglionError USAGE when the input ends before its first line */
export async function openLauncherChannel(input: Readable): Promise<LauncherChannel> {
  const controller = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  const lines = createInterface({ input });
  const token = await new Promise<string | null>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => {
      resolve(null);
      controller.abort();
      patience = setTimeout(() => process.exit(1), PATIENCE_MS).unref();
    });
  });
  if (token === null)
    throw new GanglionError(
      "USAGE",
      "--launched is for `ganglion launch`, which writes a token to standard input: leave it out",
    );
  return {
    token,
    ended: controller.signal,
    release() {
      clearTimeout(patience);
      lines.removeAllListeners("close");
      lines.close();
      input.destroy();
    },
  };
}
