// Commands that a hint names, whole: they can be pasted into a shell.
import { quoted } from "../launch/shell-word.ts";
import { displayPath } from "./format.ts";

/** `ganglion train --resume runs/00003-digits-strokes --steps 4800`; `run` is a path. */
export function resumeCommand(run: string, flags: readonly string[] = []): string {
  return commandLine(["train", "--resume", displayPath(run), ...flags]);
}

/** `words` follow the program's name. */
export function commandLine(words: readonly string[]): string {
  return ["ganglion", ...words].map(quoted).join(" ");
}
