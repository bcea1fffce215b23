// What of a contribution is measured by itself, when it comes and when it is applied.
import type { Layout, Section } from "../../shared/protocol/layout.ts";
import { GRADIENT_PREFIX } from "../../shared/protocol/slot-names.ts";

/** The gradient of a layer, or all metrics, or all moving statistics. */
export interface ContributionSection extends Section {
  /** A layer's is `generator/03-dense`: its slots' names up to the last slash, without the prefix of gradients. */
  readonly name: string;
  /** Whose gradient it is of: `generator`. Null for metrics and statistics. */
  readonly network: string | null;
}

/** They cover the contribution, in its order. */
export function sectionsOf({ slots }: Layout): ContributionSection[] {
  const sections: (Omit<ContributionSection, "length"> & { length: number })[] = [];
  for (const { name: slot, offset, size } of slots) {
    const isGradient = slot.startsWith(GRADIENT_PREFIX);
    const path = isGradient ? slot.slice(GRADIENT_PREFIX.length) : slot;
    const name = isGradient ? path.slice(0, path.lastIndexOf("/")) : path.split("/", 1)[0];
    const network = isGradient ? path.split("/", 1)[0] : null;
    const last = sections.at(-1);
    if (last?.name === name && last.network === network) last.length += size;
    else sections.push({ name, network, offset, length: size });
  }
  return sections;
}
