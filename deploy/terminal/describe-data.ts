// What `ganglion data` says of a data set, as text and as JSON.
import type { Dataset, Split } from "../../shared/data/dataset.ts";
import { type ImageOptions, samplesOf } from "../../shared/data/image-options.ts";
import type { Inspection } from "../../shared/data/inspect.ts";
import { classByLabel } from "../../shared/data/labels.ts";
import { sizeText } from "../../shared/data/packed/packed-file.ts";
import { imageBytesOf } from "../../shared/data/packed/packed.ts";
import { listSizes } from "../../shared/data/pictures/target.ts";
import { count } from "../terminal/format.ts";

interface ClassCount {
  readonly label: number;
  /** Null where classes have no names. */
  readonly name: string | null;
  readonly count: number;
}

export function classCounts({ labels, classLabels, classNames }: Dataset): readonly ClassCount[] {
  const classOf = classByLabel(classLabels);
  const counts = classLabels.map(() => 0);
  for (const label of labels ?? []) counts[classOf.get(label)!]++;
  return classLabels.map((label, i) => ({ label, name: classNames?.[i] ?? null, count: counts[i] }));
}

/** Everything that the text says, and the whole lists. */
export function inspectionAsJson(inspection: Inspection, images: ImageOptions): Record<string, unknown> {
  const { format, survey, dataset, bad, refused, notes, warnings } = inspection;
  return {
    format,
    pictures: inspection.count,
    ...(dataset && {
      images: dataset.count,
      samplesPerEpoch: samplesOf(images, dataset.count),
      imageShape: dataset.imageShape,
      bytes: imageBytesOf(dataset),
      fingerprint: dataset.fingerprint,
      classes: classCounts(dataset),
    }),
    ...survey,
    notes,
    warnings,
    bad,
    refused,
  };
}

const MOST_CLASSES = 20;
const MOST_BAD = 1000;

/** A table of what was found and what would be done, with all bad pictures. */
export function describeInspection(
  source: string,
  split: Split,
  inspection: Inspection,
  images: ImageOptions,
): string {
  const { format, survey, dataset, bad, refused, notes, warnings } = inspection;
  const formats = Object.entries(survey.formats).map(([name, number]) => `${name} (${count(number)})`);
  const found = formats.length > 0 ? `pictures: ${formats.join(", ")}` : "images";
  const rows: [title: string, text: string][] = [
    ["found", `${count(inspection.count)} ${found}`],
    ["sizes", listSizes(survey.sizes, 8)],
    ...titled("rules", notes),
  ];
  if (dataset) {
    rows.push(
      ["images", imageText(dataset, images)],
      ["classes", classText(dataset)],
      ["fingerprint", dataset.fingerprint],
    );
  }
  const badLines = bad.slice(0, MOST_BAD).map(({ name, reason }) => `${name}: ${reason}`);
  if (bad.length > MOST_BAD) badLines.push(`and ${count(bad.length - MOST_BAD)} more, in --json`);
  rows.push(...titled("bad", badLines.length > 0 || !dataset ? badLines : ["none"]));
  if (refused !== null) rows.push(["refused", `a run would not start: ${refused}`]);
  return [
    `${source}: ${format}, ${split} split`,
    ...rows.map(([title, text]) => `  ${title.padEnd(12)}${text}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

/** The title beside the first of them only. */
function titled(title: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, i) => [i === 0 ? title : "", text]);
}

function imageText(dataset: Dataset, images: ImageOptions): string {
  const samples = samplesOf(images, dataset.count);
  const mirrored = samples > dataset.count ? `; ${count(samples)} samples an epoch, mirrored ones too` : "";
  const size = sizeText(imageBytesOf(dataset));
  return `${count(dataset.count)} of ${dataset.imageShape.join("×")}, ${size}${mirrored}`;
}

function classText(dataset: Dataset): string {
  const classes = classCounts(dataset);
  if (classes.length === 0) return "none: the images have no labels";
  const listed = classes
    .slice(0, MOST_CLASSES)
    .map(({ label, name, count: images }) => `${name ?? label} (${count(images)})`);
  const more = classes.length - listed.length;
  return `${classes.length}: ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
