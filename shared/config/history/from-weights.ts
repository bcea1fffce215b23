// What a generator begins with that goes on from another run's: apart from the schema, which the command line's help need not load.

/** The weights that were trained, or their average. */
export const FROM_WEIGHTS = ["raw", "ema"] as const;
export type FromWeights = (typeof FROM_WEIGHTS)[number];
