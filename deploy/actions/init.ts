// `ganglion init`: writes a small model module to start from.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { type Language, moduleText } from "../init/module-text.ts";
import { VARIANTS, type VariantName } from "../init/variants.ts";
import { quoted } from "../launch/shell-word.ts";
import { say } from "../terminal/output.ts";

export interface InitFlags {
  readonly variant: VariantName;
  readonly language?: Language;
}

/**
 * Writes `my-gan.js` (or `.ts`) for `my-gan`; an ending in the name decides the language.
 *
 * @throws GanglionError USAGE where the file is there already, or cannot be written
 */
export async function init(name: string, { variant, language }: InitFlags): Promise<void> {
  const file = fileOf(name, language);
  const found = VARIANTS.find((each) => each.name === variant)!;
  const word = quoted(file);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, moduleText(found, file.endsWith("ts") ? "ts" : "js", word), { flag: "wx" });
  } catch (cause) {
    const why = existsSync(file) ? `${file} is there already` : `cannot write ${file}: ${messageOf(cause)}`;
    throw new GanglionError("USAGE", `${why}: choose another name`, { cause });
  }
  const flags = found.trainFlags === "" ? "" : ` ${found.trainFlags}`;
  say(`wrote ${file}: ${found.about}`);
  say(`  ganglion train --model ${word} --steps 2000${flags}`);
}

function fileOf(name: string, language: Language | undefined): string {
  const ending = /\.([mc]?[jt]s)$/.exec(name)?.[1];
  if (ending === undefined) {
    if (/[/\\.]$|^$/.test(name))
      throw new GanglionError("USAGE", `"${name}" is no name of a file: give one such as my-gan`);
    return `${name}.${language ?? "js"}`;
  }
  if (ending.startsWith("c"))
    throw new GanglionError(
      "USAGE",
      `${name} would be a CommonJS module: give a name that ends in .js, .mjs or .ts`,
    );
  if (language !== undefined && !ending.endsWith(language))
    throw new GanglionError(
      "USAGE",
      `${name} is not ${language}, which --language says: leave one of them out`,
    );
  return name;
}
