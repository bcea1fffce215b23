// The entries of an archive as a tree: names that are safe, the last of each name, and bounds on what they inflate to.
import { statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { GanglionError } from "../../errors.ts";
import { hiddenPart } from "../tree/names.ts";
import { counted, listed } from "../tree/sentences.ts";
import { MAX_FILE_BYTES, type TreeFile } from "../tree/tree.ts";

/** An archive that inflates to more than `FREE_BYTES` may inflate to so many times its own size: pictures hardly do. */
const MAX_RATIO = 100;
const FREE_BYTES = 2 ** 30;

/** Collects entries in the order of the archive. */
export class ArchiveEntries<File extends TreeFile> {
  readonly folders: string[] = [];
  private readonly byPath = new Map<string, File>();
  private readonly hiddenParts = new Set<string>();
  private readonly repeated = new Set<string>();
  private readonly special: string[] = [];

  constructor(private readonly archive: string) {}

  /**
   * An entry's path in the tree; null for what is hidden, and for the archive's own root.
   *
   * @throws GanglionError DATA for a name that leads out of the archive
   */
  pathOf(name: string): string | null {
    const components = name.split("/").filter((component) => component !== "" && component !== ".");
    const isOutside = name.startsWith("/") || /^[a-z]:[\\/]/i.test(name) || components.includes("..");
    if (isOutside || name.includes("\0"))
      throw this.refused(
        name,
        "has a name that leads out of the archive",
        "pack it again from inside of its folder, with relative names",
      );
    const path = components.join("/");
    const hidden = hiddenPart(path);
    if (hidden !== null) this.hiddenParts.add(hidden);
    return hidden === null && path !== "" ? path : null;
  }

  /** @throws GanglionError DATA for equal names that may stand for different ones, as their bytes were no UTF-8 */
  addFile(file: File): void {
    if (this.byPath.delete(file.path)) {
      if (file.path.includes("\uFFFD"))
        throw this.refused(
          file.path,
          "has a name that is no UTF-8, and cannot be told from another one",
          "rename the files, or pack them with tar --format=gnu",
        );
      this.repeated.add(file.path);
    }
    this.byPath.set(file.path, file);
  }

  addFolder(path: string): void {
    this.folders.push(path);
  }

  addSpecial(path: string): void {
    this.special.push(path);
  }

  /** @throws GanglionError DATA for a picture that no memory should have to take */
  refuseLarge(path: string, sizeBytes: number): void {
    if (sizeBytes > MAX_FILE_BYTES)
      throw this.refused(
        path,
        `inflates to ${sizeBytes.toLocaleString("en-US")} bytes, and a picture has at most ${MAX_FILE_BYTES.toLocaleString("en-US")}`,
        "take it out of the archive",
      );
  }

  refused(name: string, what: string, remedy: string): GanglionError {
    return new GanglionError("DATA", `${this.archive}: the entry ${JSON.stringify(name)} ${what}: ${remedy}`);
  }

  get files(): readonly File[] {
    return [...this.byPath.values()];
  }

  get hidden(): readonly string[] {
    return [...this.hiddenParts];
  }

  get notes(): readonly string[] {
    const notes: string[] = [];
    if (this.repeated.size > 0)
      notes.push(
        `${counted(this.repeated.size, "name occurs", "names occur")} more than once in the archive, and the last entry counts, as in unpacking (${listed([...this.repeated])})`,
      );
    if (this.special.length > 0)
      notes.push(`what is no regular file is passed over (${listed(this.special)})`);
    return notes;
  }
}

/** @throws GanglionError DATA for an archive that inflates out of all proportion */
export function refuseBomb(
  archive: string,
  archiveBytes: number,
  inflatedBytes: number,
  freeBytes = FREE_BYTES,
): void {
  if (inflatedBytes > freeBytes && inflatedBytes > MAX_RATIO * archiveBytes)
    throw new GanglionError(
      "DATA",
      `${archive} has ${archiveBytes.toLocaleString("en-US")} bytes and inflates to more than ${MAX_RATIO} times as many, over 1 GiB: archives of pictures do not; if it is sound, unpack it, and give the folder`,
    );
}

/** A damaged archive, as it is told. */
export function damaged(archive: string, reason: string, cause?: unknown): GanglionError {
  return new GanglionError(
    "DATA",
    `${archive} is damaged or cut off (${reason}): copy or download it again`,
    { cause },
  );
}

/** Changes whenever the archive does. */
export async function archiveIdentity(archive: string): Promise<readonly string[]> {
  const { size, mtimeMs, ctimeMs } = statSync(archive);
  return [`${await realpath(archive)}\t${size} ${mtimeMs} ${ctimeMs}`];
}
