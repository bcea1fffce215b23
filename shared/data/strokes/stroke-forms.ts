// How people write the digits 0 to 9: the skeletons that the data set `strokes` bends and inks.

/**
 * One way to write a digit. Each stroke lists the points x, y, x, y … that the pen passes through smoothly, in
 * hundredths of the digit's height, y downwards; a point given twice is a sharp corner.
 */
export interface StrokeForm {
  /** How common this way is among the digit's forms, relative to the others. */
  readonly share: number;
  readonly strokes: readonly (readonly number[])[];
}

/** The ways to write each digit; the index is the digit. */
export const STROKE_FORMS: readonly (readonly StrokeForm[])[] = [
  // 0: an oval; slim, begun at the upper right; round; with a little loop where it closes
  [
    { share: 3, strokes: [[35, 0, 12, 14, 0, 50, 10, 86, 33, 100, 58, 86, 68, 50, 58, 14, 36, 1, 26, 5]] },
    { share: 3, strokes: [[54, 8, 34, 0, 12, 20, 2, 58, 12, 92, 32, 98, 54, 76, 62, 38, 54, 9, 42, 2]] },
    { share: 2, strokes: [[46, 2, 14, 16, 0, 50, 13, 84, 46, 99, 80, 85, 92, 50, 80, 16, 48, 1, 38, 4]] },
    {
      share: 1,
      strokes: [[24, 6, 6, 34, 4, 72, 24, 98, 52, 90, 66, 54, 58, 14, 34, 0, 22, 10, 38, 16, 54, 8]],
    },
  ],
  // 1: a bar; with a flag; with flag and foot; slightly bent
  [
    { share: 5, strokes: [[10, 0, 10, 50, 9, 100]] },
    { share: 2, strokes: [[6, 24, 15, 13, 24, 0, 24, 0, 24, 50, 23, 100]] },
    {
      share: 1,
      strokes: [
        [8, 23, 17, 13, 26, 0, 26, 0, 26, 50, 26, 99],
        [2, 100, 26, 99, 52, 99],
      ],
    },
    { share: 2, strokes: [[14, 0, 11, 34, 10, 70, 12, 100]] },
  ],
  // 2: pointed at the lower left; with a loop there; like a Z; swan-necked
  [
    { share: 3, strokes: [[4, 22, 16, 5, 40, 0, 58, 14, 56, 38, 36, 66, 6, 97, 6, 97, 36, 95, 68, 97]] },
    {
      share: 3,
      strokes: [[4, 18, 22, 2, 46, 4, 56, 24, 46, 50, 28, 78, 10, 96, 1, 88, 10, 78, 30, 86, 48, 97, 70, 90]],
    },
    { share: 2, strokes: [[0, 10, 24, 3, 50, 4, 60, 16, 48, 42, 24, 72, 2, 99, 2, 99, 32, 97, 64, 98]] },
    {
      share: 2,
      strokes: [[8, 30, 14, 8, 36, 0, 54, 12, 54, 34, 40, 60, 18, 88, 10, 95, 26, 90, 46, 94, 68, 98]],
    },
  ],
  // 3: two bows that meet in a point; flat-topped; with a loop in the waist; flowing
  [
    {
      share: 4,
      strokes: [
        [4, 12, 24, 0, 48, 7, 50, 28, 38, 42, 20, 47, 20, 47, 44, 52, 58, 70, 50, 92, 26, 100, 0, 90],
      ],
    },
    {
      share: 2,
      strokes: [[4, 3, 30, 2, 58, 1, 58, 1, 42, 20, 26, 40, 26, 40, 48, 48, 60, 70, 48, 94, 22, 100, 0, 90]],
    },
    {
      share: 2,
      strokes: [
        [6, 10, 28, 0, 48, 10, 44, 34, 28, 48, 19, 44, 28, 41, 50, 54, 58, 74, 46, 95, 22, 100, 0, 92],
      ],
    },
    { share: 2, strokes: [[8, 8, 30, 0, 50, 12, 44, 34, 30, 46, 48, 58, 54, 78, 38, 97, 14, 99, 0, 93]] },
  ],
  // 4: open, angular; closed; open, rounded; open with a short second stroke
  [
    {
      share: 4,
      strokes: [
        [10, 4, 5, 30, 0, 56, 0, 56, 32, 55, 68, 52],
        [54, 0, 52, 50, 50, 100],
      ],
    },
    {
      share: 2,
      strokes: [
        [50, 0, 26, 34, 0, 66, 0, 66, 36, 66, 74, 65],
        [51, 0, 51, 50, 51, 100],
      ],
    },
    {
      share: 3,
      strokes: [
        [8, 0, 1, 26, 8, 48, 30, 50, 56, 40],
        [60, 2, 57, 40, 50, 70, 46, 100],
      ],
    },
    {
      share: 2,
      strokes: [
        [22, 0, 10, 28, 0, 54, 0, 54, 34, 52, 70, 50],
        [50, 22, 46, 60, 42, 100],
      ],
    },
  ],
  // 5: body and bar in two strokes; in one stroke; soft like an S; wide-bellied
  [
    {
      share: 3,
      strokes: [
        [14, 3, 11, 22, 8, 44, 8, 44, 32, 38, 54, 52, 56, 78, 36, 98, 0, 93],
        [14, 3, 36, 2, 62, 0],
      ],
    },
    {
      share: 3,
      strokes: [[62, 1, 38, 2, 14, 3, 14, 3, 11, 22, 8, 43, 8, 43, 36, 40, 54, 58, 50, 86, 26, 100, 0, 92]],
    },
    { share: 2, strokes: [[66, 0, 40, 2, 20, 8, 12, 28, 20, 42, 42, 52, 52, 74, 38, 96, 4, 99]] },
    {
      share: 1,
      strokes: [
        [10, 0, 8, 20, 6, 40, 6, 40, 40, 36, 66, 56, 60, 86, 30, 100, 0, 88],
        [10, 0, 34, 1, 58, 2],
      ],
    },
  ],
  // 6: round; straight-backed; hooked at the top; with a small bowl
  [
    { share: 3, strokes: [[44, 0, 18, 24, 2, 60, 10, 92, 34, 100, 54, 84, 48, 62, 26, 58, 7, 78]] },
    { share: 3, strokes: [[28, 0, 10, 38, 0, 74, 14, 99, 38, 97, 50, 76, 36, 60, 14, 66, 3, 82]] },
    { share: 1, strokes: [[56, 10, 38, 1, 12, 26, 0, 64, 14, 96, 40, 98, 54, 78, 42, 59, 18, 63, 4, 80]] },
    { share: 2, strokes: [[40, 0, 20, 26, 4, 60, 4, 88, 22, 100, 42, 90, 42, 70, 26, 64, 8, 80]] },
  ],
  // 7: plain; barred; with a serif; with a curved roof
  [
    { share: 3, strokes: [[-9, 5, 28, 4, 64, 2, 64, 2, 42, 40, 24, 100]] },
    {
      share: 2,
      strokes: [
        [-8, 4, 28, 4, 64, 1, 64, 1, 43, 42, 27, 100],
        [18, 52, 40, 50, 62, 48],
      ],
    },
    { share: 1, strokes: [[-7, 22, -6, 12, -5, 2, -5, 2, 32, 3, 64, 3, 64, 3, 40, 46, 29, 100]] },
    { share: 2, strokes: [[-9, 15, 10, 4, 34, 6, 62, 3, 62, 3, 50, 30, 36, 62, 30, 100]] },
  ],
  // 8: begun at the upper right like an S; two rings; slim; open at the top
  [
    {
      share: 4,
      strokes: [
        [50, 12, 30, 0, 8, 12, 12, 32, 36, 50, 54, 74, 40, 98, 12, 96, 2, 76, 20, 54, 44, 34, 52, 12, 38, 1],
      ],
    },
    {
      share: 1,
      strokes: [
        [30, 0, 10, 8, 8, 32, 29, 46, 50, 34, 50, 10, 30, 0],
        [30, 46, 4, 58, 2, 88, 29, 100, 56, 88, 56, 60, 30, 46],
      ],
    },
    {
      share: 2,
      strokes: [
        [46, 8, 28, 0, 10, 14, 16, 34, 34, 52, 44, 76, 30, 99, 10, 94, 6, 74, 22, 52, 42, 30, 46, 10, 34, 1],
      ],
    },
    {
      share: 2,
      strokes: [[56, 6, 32, 0, 12, 14, 22, 36, 44, 58, 48, 84, 26, 100, 4, 88, 8, 66, 28, 46, 50, 26, 60, 4]],
    },
  ],
  // 9: ring and straight stem; with a hooked tail; leaning; ring and stem in one sweep
  [
    { share: 3, strokes: [[50, 12, 28, 0, 6, 14, 4, 36, 24, 46, 46, 32, 51, 10, 51, 10, 50, 56, 46, 100]] },
    {
      share: 2,
      strokes: [[52, 14, 30, 0, 6, 14, 6, 38, 28, 48, 48, 32, 53, 10, 53, 10, 54, 58, 42, 92, 12, 98]],
    },
    { share: 2, strokes: [[50, 8, 24, 2, 4, 24, 10, 46, 34, 42, 52, 10, 52, 10, 42, 54, 30, 100]] },
    { share: 2, strokes: [[44, 6, 20, 4, 2, 26, 16, 44, 40, 30, 48, 6, 50, 44, 44, 76, 36, 100]] },
  ],
];
