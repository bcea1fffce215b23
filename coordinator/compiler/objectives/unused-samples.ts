// Notices a run whose losses never look at the data: it trains without complaint, and learns nothing of the images.

/** What a run, or a dry run, warns of once at its start. */
export interface StartWarning {
  readonly code: "SAMPLES_UNUSED" | "DATA";
  readonly message: string;
}

/** Null when at least one phase of a step reads samples or labels. */
export function warnOfUnusedSamples(
  phases: readonly { readonly usesSamples: boolean }[],
): StartWarning | null {
  if (phases.some(({ usesSamples }) => usesSamples)) return null;
  return {
    code: "SAMPLES_UNUSED",
    message: "no loss uses the samples, so the run learns nothing from its images: use them in the losses",
  };
}
