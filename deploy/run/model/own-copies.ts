// Whose copies of modules run here: those made of modules that the user has named, and no other.
//
// A copy is noted by its content alone, in the user's cache like a module: so a run that was moved goes on, and a
// stranger's, whatever it says of itself, is refused before anything of it is run.
import type { ModuleCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import { hashOf } from "../../../coordinator/records/model-files.ts";
import { short } from "../../../coordinator/records/same-run.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { readRegularFile } from "../../../shared/regular-file.ts";
import { quoted } from "../../launch/shell-word.ts";
import { hasNote, note } from "./own-modules.ts";

type Warn = (code: string, message: string) => void;

/** Whether the file that the user has named with --model is the copy itself: then it is noted. */
export async function noteCopyNamed(file: string, copy: ModuleCopy, warn: Warn): Promise<boolean> {
  const isCopy = (await readRegularFile(file).catch(() => null)) === copy.source; // one that cannot be read is told where it is loaded
  if (isCopy) await noteCopy(copy, warn);
  return isCopy;
}

/** Notes the copy of a module that may run; where that fails the run goes on, and `warn` gets what it means. */
export async function noteCopy({ name, source }: ModuleCopy, warn: Warn): Promise<void> {
  const sha256 = hashOf(source);
  if (await hasNote(keyOf(sha256))) return;
  try {
    await note(keyOf(sha256), { copy: name, sha256 });
  } catch (error) {
    warn(
      "MODEL",
      `cannot note that the run's copy ${name} is yours (${messageOf(error)}): to resume the run or draw from it, name the module with --model again, or set GANGLION_CACHE to a folder that can be written`,
    );
  }
}

export interface CopyNaming {
  /** As a sentence begins: `the checkpoint x.safetensors`. */
  readonly source: string;
  /** Where the copy can be looked at; null where only the checkpoint holds it. */
  readonly file: string | null;
}

/**
 * Refuses a copy that none of this user's runs has made. Nothing of it is run.
 *
 * @throws GanglionError MODEL with what would have been run, and how to allow it
 */
export async function checkOwnCopy(copy: ModuleCopy, { source, file }: CopyNaming): Promise<void> {
  const sha256 = hashOf(copy.source);
  if (await hasNote(keyOf(sha256))) return;
  const held = `${source} holds the model module ${copy.name} (content ${short(sha256)}), and no command line of yours has named it as it is`;
  const remedy =
    file === null
      ? "name a module file that you trust with --model FILE, and its programs are compared; docs/runs.md says how to look at the one inside"
      : `look at ${file}, and name it with --model ${quoted(file)} if it may run`;
  throw new GanglionError("MODEL", `${held}: ${remedy}`);
}

/** Not a module's, which is [file, hash]. */
function keyOf(sha256: string): readonly string[] {
  return ["copy", "", sha256];
}
