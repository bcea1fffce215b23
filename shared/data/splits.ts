// Whether the two splits of a data set fit together: a classifier learns from one and is measured on the other.
import { GanglionError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { classByLabel, listLabels } from "./labels.ts";

/**
 * What a run that trains on `train`, and is measured on `test` where it is a classifier, is warned of: a sentence each.
 *
 * @throws GanglionError DATA when it cannot be measured: images of another shape, or without labels
 */
export function checkSplits(train: Dataset, test: Dataset | null): readonly string[] {
  if (!test) return train.warnings;
  const [trained, measured] = [train, test].map(({ imageShape }) => imageShape.join("×"));
  if (trained !== measured) {
    throw new GanglionError(
      "DATA",
      `the test images of ${test.name} are ${measured} and the training images ${trained}: give the two splits of one data set`,
    );
  }
  if (train.labels && !test.labels) {
    const why = `the test images of ${test.name} have no labels, and a classifier is measured by them: put the file of their labels beside them`;
    throw new GanglionError("DATA", [why, ...test.warnings].join("; "));
  }
  return [
    ...train.warnings,
    ...test.warnings,
    ...(train.classes === 1 ? [warnOfOneClass(train)] : []),
    ...warnOfUnknownLabels(train, test),
  ];
}

function warnOfOneClass({ name, classLabels }: Dataset): string {
  return `all training images of ${name} have the label ${classLabels[0]}, so a classifier has nothing to tell apart: give it images of at least two classes`;
}

/** Labels without a class are no class's, so that whatever the classifier answers is wrong. */
function warnOfUnknownLabels(train: Dataset, test: Dataset): readonly string[] {
  const known = classByLabel(train.classLabels);
  const missing = test.classLabels.filter((label) => !known.has(label));
  if (missing.length === 0) return [];
  let samples = 0;
  for (const label of test.labels ?? []) if (!known.has(label)) samples++;
  const most = Math.floor((10_000 * (test.count - samples)) / test.count) / 100;
  return [
    `${samples} of the ${test.count} test images have labels that no training image has (${listLabels(missing)}): ` +
      `they count as wrong, so the accuracy is at most ${most} %, and as improbable as can be, each with a loss of 16.1; ` +
      `train on images with these labels too, or take them out of the test split`,
  ];
}
