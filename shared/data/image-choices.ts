// What may be chosen of images by name or number: also for flags, which are parsed before anything else is loaded.

/** What happens to an image whose sides have another ratio. */
export const FITS = ["cover", "contain", "stretch"] as const;
export type Fit = (typeof FITS)[number];

/** Grey, colour, colour with alpha. */
export const CHANNELS = [1, 3, 4] as const;
