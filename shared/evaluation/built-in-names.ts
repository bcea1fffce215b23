// The names of the built-in extractors; what they are, the coordinator knows.

export const BUILT_IN_EXTRACTORS = ["seed-cnn", "seed-cnn-stacked", "seed-cnn-colour"] as const;

export type BuiltInName = (typeof BUILT_IN_EXTRACTORS)[number];

export function isBuiltInExtractor(name: string): name is BuiltInName {
  return BUILT_IN_EXTRACTORS.some((own) => own === name);
}
