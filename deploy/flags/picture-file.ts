// The picture that a command is to write.
import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { GanglionError } from "../../shared/errors.ts";

/** Checked before the work, not after it. @throws GanglionError USAGE */
export async function checkPictureFile(file: string): Promise<void> {
  const refuse = (why: string): never => {
    throw new GanglionError(
      "USAGE",
      `--out ${file} ${why}: name a picture such as grid.png in a folder that exists`,
    );
  };
  if (extname(file).toLowerCase() !== ".png") refuse("is no PNG by its name");
  const [folder, old] = await Promise.all([dirname(file), file].map((path) => stat(path).catch(() => null)));
  if (!folder?.isDirectory()) refuse(`is in no folder (${dirname(file)})`);
  if (old?.isDirectory()) refuse("is a folder");
}
