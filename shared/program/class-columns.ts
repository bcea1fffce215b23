// A grid of a conditional generator: a column for each class, and one noise vector a row.

/** More are no grid that can be looked at. */
const MOST_COLUMNS = 32;

/** Columns of a grid of so many images where the generator takes labels; null where it is drawn as any other. */
export function classColumns(classes: number, images: number): number | null {
  return classes >= 2 && classes <= Math.min(images, MOST_COLUMNS) ? classes : null;
}

/** The number of the noise vector of image i: that of its row, so that a row differs in its classes alone. */
export function noiseNumber(image: number, columns: number | null): number {
  return columns === null ? image : Math.floor(image / columns);
}
