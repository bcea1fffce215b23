// The known word that is closest to a mistyped one.
import { synonymOf } from "./synonyms.ts";

/**
 * The candidate that other programs call `word`, or the one with the fewest insertions, deletions and substitutions
 * (Levenshtein 1966) from it.
 */
export function nearest(word: string, candidates: readonly string[]): string {
  const here = synonymOf(word, candidates);
  if (here !== undefined) return here;
  const ranked = candidates.map((candidate) => ({
    candidate,
    edits: editDistance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  return ranked.reduce((best, other) => (other.edits < best.edits ? other : best)).candidate;
}

/** Insertions, deletions and substitutions that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
