// Notices a run whose losses never look at the data: it trains without complaint, and learns nothing of the images.

/** Null when at least one phase of a step reads samples or labels. */
export function warnOfUnusedSamples(phases: readonly { readonly usesSamples: boolean }[]): string | null {
  if (phases.some(({ usesSamples }) => usesSamples)) return null;
  return "no loss uses the samples, so the run learns nothing from its images: use them in the losses";
}
