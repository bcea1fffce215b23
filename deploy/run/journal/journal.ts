// What a run writes down of itself for people: `log.txt`, and `run.json` with its sessions.
import { basename } from "node:path";
import type { EventHistory } from "../../../coordinator/dashboard/history.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import type { RunRecord } from "../../../coordinator/records/run-record.ts";
import { messageOf } from "../../../shared/errors.ts";
import { count } from "../../terminal/format.ts";
import type { RunSetup } from "../run-setup.ts";
import { commandLine } from "../../terminal/command-line.ts";
import { withoutSecrets } from "./command-line.ts";
import type { LabelFlags } from "./labels.ts";
import { openRunLog } from "./run-log.ts";
import { programVersion } from "./program-version.ts";
import { openSessionRecord } from "./session-record.ts";

export interface JournalOptions {
  readonly folder: RunPaths;
  readonly history: EventHistory;
  readonly record: RunRecord;
  readonly command: readonly string[];
  readonly fromStep: number;
  readonly note?: string;
  readonly opening: readonly string[];
  /** What to do where this file cannot be written; `what` it lacks then. */
  readonly failing: (file: string, what: string) => (cause: string) => void;
}

export interface Journal {
  /** A line of the log. */
  readonly say: (sentence: string) => void;
  /** Runs `body`, and writes down how it ended. */
  readonly during: <T>(body: () => Promise<T>) => Promise<T>;
}

/** Writes nothing before the run is prepared: what is refused before leaves both files as they were. */
export function openJournal({ folder, failing, ...options }: JournalOptions): Journal {
  const log = openRunLog({ ...options, folder, failing: failing(folder.logFile, "its log") });
  const session = openSessionRecord({
    ...options,
    file: folder.runFile,
    failing: failing(folder.runFile, "its record"),
  });
  return {
    say: log.say,
    async during(body) {
      let reason: string | undefined;
      try {
        return await body();
      } catch (error) {
        reason = messageOf(error);
        throw error;
      } finally {
        log.stop(reason);
        await session.stop(reason);
      }
    },
  };
}

/** The first lines of a session. */
export function openingOf(
  { config, checkpoint, train, folder }: RunSetup,
  { note, command }: LabelFlags & { readonly command: readonly string[] },
): string[] {
  const begins = checkpoint
    ? `resumed ${folder.name} at step ${count(checkpoint.step)}`
    : `started ${folder.name}`;
  const networks = config.model.kind === "module" ? basename(config.model.file) : `preset ${config.preset}`;
  const shape = train.imageShape.join("×");
  return [
    `${begins} with ganglion ${programVersion()}: ${commandLine(withoutSecrets(command))}`,
    `${networks}, data ${train.name}: ${count(train.count)} images ${shape}; batches of ${count(config.batch)}, seed ${config.seed}`,
    ...(note === undefined ? [] : [`note: ${note}`]),
    ...train.notes,
  ];
}
