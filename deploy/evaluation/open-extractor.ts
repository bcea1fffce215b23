// Which extractor a run's images are measured with: the one that is named, or the built-in one that suits them.
import { builtInExtractor, usualExtractor } from "../../coordinator/evaluation/built-in-extractors.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import type { DatasetSummary } from "../../shared/data/dataset.ts";
import { isBuiltInExtractor } from "../../shared/evaluation/built-in-names.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { Extractor } from "../../shared/evaluation/extractor.ts";
import type { EngineName } from "../../worker/engine/engine-choice.ts";
import { isExtractorFile } from "./evaluation-flags.ts";
import { extractorFile } from "./extractor-file.ts";

/**
 * `named`: a built-in extractor or a file; undefined for what suits the images. `say` hears where images do not have the
 * size that a built-in one was trained for.
 *
 * @throws GanglionError CONFIG for a name that there is not, USAGE for a file that cannot be used, or images that none takes
 */
export async function openExtractor(
  named: string | undefined,
  { imageShape, classes }: Pick<DatasetSummary, "imageShape" | "classes">,
  say: (sentence: string) => void,
): Promise<Extractor> {
  const [height, width, channels] = imageShape;
  if (![1, 3, 4].includes(channels)) {
    throw new GanglionError(
      "USAGE",
      `images of ${channels} channels cannot be evaluated: extractors take grey and colour ones, with or without alpha`,
    );
  }
  if (named !== undefined && !isBuiltInExtractor(named) && isExtractorFile(named))
    return extractorFile(named, imageShape);
  const extractor = await builtInExtractor(named ?? usualExtractor(imageShape, classes));
  const { name, size } = extractor.spec;
  if (named === undefined && (size![0] !== height || size![1] !== width)) {
    say(
      `no built-in extractor is made for images of ${height}×${width}: they are resized to the ${size!.join("×")} of ${name}, whose numbers compare runs on these data, and nothing else; --extractor FILE.onnx measures with Inception or another network (docs/evaluation.md)`,
    );
  }
  return extractor;
}

/** What a run's config asks for; null where it is never evaluated. @throws GanglionError as `openExtractor` */
export async function extractorOf(
  { config, train }: { readonly config: RunConfig; readonly train: DatasetSummary },
  say: (sentence: string) => void,
): Promise<Extractor | null> {
  return config.evaluateEvery === 0 ? null : openExtractor(config.extractor, train, say);
}

/** @throws GanglionError USAGE where the engine cannot run the extractor */
export function checkEngine({ spec }: Extractor, engine: EngineName): void {
  if (spec.kind === "program" || engine === "graph") return;
  throw new GanglionError(
    "USAGE",
    `the ${engine} engine runs no ONNX models, and the extractor ${spec.name} is one: use --engine graph, or a built-in extractor`,
  );
}
