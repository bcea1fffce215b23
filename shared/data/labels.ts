// Labels and classes: the labels that occur in a data set are its classes, in ascending order.

/** Whole numbers from 0; wide only where one does not fit in a byte. */
export type Labels = Uint8Array | Int32Array;

/**
 * The labels that occur, each once, ascending: class c of the networks is label `result[c]`. Labels 1 … 26 are
 * 26 classes, labels 0, 2 and 4 are 3.
 */
export function classLabelsOf(labels: Labels | null): readonly number[] {
  return [...new Set(labels)].sort((a, b) => a - b);
}

/** The names of the classes that occur, in their order; `names[l]` is that of label `l`. */
export function namesOf(labels: Labels | null, names: readonly string[]): readonly string[] {
  return classLabelsOf(labels).map((label) => names[label] ?? `${label}`);
}

/** Whether every class has its own number as its label: 0 … C - 1. */
export function areClassNumbers(classLabels: readonly number[]): boolean {
  return classLabels.every((label, number) => label === number);
}

/** The inverse of `classLabels`: the class of each label. */
export function classByLabel(classLabels: readonly number[]): ReadonlyMap<number, number> {
  return new Map(classLabels.map((label, number) => [label, number]));
}

/** `26 classes: labels 1 to 26`, or where they have names `3 classes: cats, dogs and horses` */
export function describeClasses(
  classLabels: readonly number[],
  classNames: readonly string[] | null = null,
): string {
  const { length } = classLabels;
  const found =
    classNames === null
      ? `${length === 1 ? "label" : "labels"} ${listLabels(classLabels)}`
      : listNames(classNames);
  return `${length} ${length === 1 ? "class" : "classes"}: ${found}`;
}

/** `cats, dogs and horses`; after `most` only how many follow. */
function listNames(names: readonly string[], most = 12): string {
  const parts = names.length === most + 1 ? [...names] : names.slice(0, most);
  if (names.length > parts.length) parts.push(`${names.length - parts.length} more`);
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

/** Ascending labels as people list them: `1 to 26`, `0, 2 and 4`; after `most` parts only how many follow. */
export function listLabels(labels: readonly number[], most = 8): string {
  const parts: string[] = [];
  let listed = 0;
  while (listed < labels.length && (parts.length < most || listed === labels.length - 1)) {
    let end = listed + 1;
    while (end < labels.length && labels[end] === labels[end - 1] + 1) end++;
    if (end - listed < 3) end = listed + 1; // `4, 5`, not `4 to 5`
    parts.push(end - listed === 1 ? `${labels[listed]}` : `${labels[listed]} to ${labels[end - 1]}`);
    listed = end;
  }
  if (listed < labels.length) parts.push(`${labels.length - listed} more`);
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}
