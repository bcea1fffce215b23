// Looks at a data set as far as it can be looked at: also at one that a run would refuse.
import { GanglionError } from "../errors.ts";
import type { Split } from "./dataset.ts";
import { AS_THEY_ARE } from "./image-options.ts";
import { type LoadOptions, type LoadedDataset, formatOf, loadDataset } from "./load.ts";
import { type BadPicture, type Survey, surveyPictures } from "./pictures/survey.ts";
import { surveyPixels } from "./pictures/plan-source.ts";

export interface Inspection {
  /** Of the format: `folder of pictures`. */
  readonly format: string;
  /** Pictures or images of the source, bad ones too. */
  readonly count: number;
  readonly survey: Survey;
  readonly bad: readonly BadPicture[];
  /** What a run would train on; null where it would refuse the set, whatever is skipped. */
  readonly dataset: LoadedDataset | null;
  /** Why it would refuse it as it is; null where it would not. */
  readonly refused: string | null;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws GanglionError DATA where nothing can be looked at: no such data set, an archive that is damaged */
export async function inspectDataset(
  source: string,
  split: Split,
  options: LoadOptions = {},
): Promise<Inspection> {
  const { images = AS_THEY_ARE } = options;
  const opened = await (await formatOf(source)).open(source, split, options);
  const { format, content, notes, warnings } = opened;
  const { survey, bad: unreadable } =
    content.kind === "pictures"
      ? await surveyPictures(content, options.onProgress)
      : { survey: surveyPixels(content), bad: new Map<number, BadPicture>() };
  const found = { format, count: content.count, survey, notes, warnings };
  try {
    const dataset = await loadDataset(source, split, { ...options, images: { ...images, skipBad: true } });
    const { skipped: bad } = dataset;
    const isRefused = bad.length > 0 && !images.skipBad;
    const refused = isRefused
      ? `${bad.length} pictures cannot be read: mend or remove them, or give --skip-bad`
      : null;
    return { ...found, notes: dataset.notes, bad, dataset, refused };
  } catch (error) {
    if (!(error instanceof GanglionError) || error.code !== "DATA") throw error;
    return { ...found, bad: [...unreadable.values()], dataset: null, refused: error.message };
  }
}
