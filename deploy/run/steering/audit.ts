// `control.jsonl`: a line for everything that was asked of a run while it went on, and how it was answered.
import {
  type LenientJsonLines,
  openLenientJsonLines,
} from "../../../coordinator/records/files/lenient-json-lines.ts";
import type { Answered, ControlRequest } from "../../../coordinator/steering/requests.ts";

export interface Audit {
  /** Writes the line, soon. */
  note(answer: Answered, request: ControlRequest, from: string): void;
  close(): Promise<void>;
}

/** The file appears with its first line. `failing` hears why lines are missing. */
export function openAudit(file: string, failing: (cause: string) => void): Audit {
  let opened: Promise<LenientJsonLines> | null = null;
  const open = (): Promise<LenientJsonLines> =>
    openLenientJsonLines({ file, keep: () => true, failing, damaged: () => undefined });
  return {
    note({ outcome, step, ...answer }, request, from) {
      const { id, by: _, action, ...details } = request; // `from` has who
      const time = new Date().toISOString();
      const said = "said" in answer ? { said: answer.said } : { reason: answer.reason };
      opened ??= open();
      void opened.then((lines) =>
        lines.write({ time, step, from, action, ...details, outcome, ...said, id }),
      );
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
