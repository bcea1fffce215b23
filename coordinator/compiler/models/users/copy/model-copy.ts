// A run's own copy of its networks' sources: the user's module in one file, and the saved networks.
import { z } from "zod";
import type { NetworkName } from "../../../../../shared/config/optimizer-config.ts";
import { identifyModule } from "../module-identity.ts";
import { bundleModule } from "./bundle-module.ts";
import { type NetworkCopy, layersOnly } from "./copy-network.ts";

const NETWORK_NAMES = ["generator", "discriminator", "classifier"] as const satisfies readonly NetworkName[];

export interface ModuleCopy {
  /** `my-gan.mjs` */
  readonly name: string;
  readonly source: string;
  /** The hash of the module that it was made from, with what that imports by path. */
  readonly original: string;
}

export interface ModelCopy {
  /** Null where the run has a preset, or where its module cannot be copied. */
  readonly module: ModuleCopy | null;
  readonly networks: Partial<Readonly<Record<NetworkName, NetworkCopy>>>;
}

/**
 * The module in one file; null where it cannot be copied, which `warn` gets as a sentence. Nothing of it is run.
 *
 * @throws the system's error where it cannot be read
 */
export async function copyModule(file: string, warn: (message: string) => void): Promise<ModuleCopy | null> {
  const { hash: original, unfollowed } = await identifyModule(file);
  const bundled = await bundleModule(file);
  switch (bundled.kind) {
    case "refused":
      if (unfollowed === null)
        warn(
          `the run holds no copy of ${file}: ${bundled.why}; to resume it or draw from it, keep that file as it is`,
        );
      return null; // what is loaded by an unknown name was told when the module was named
    case "bundled": {
      const { name, source, readsFiles } = bundled;
      if (readsFiles)
        warn(
          `${file} can read files (node:fs), and the run's copy of it holds none of them: keep them where they are, or import them, as in import values from "./values.json" with { type: "json" }`,
        );
      return { name, source, original };
    }
    default:
      return bundled satisfies never;
  }
}

/** As it stands in a checkpoint, whose weights are the networks'. */
export function copyInCheckpoint({ module, networks }: ModelCopy): ModelCopy {
  const layers = Object.entries(networks).map(([name, copy]) => [name, layersOnly(copy)]);
  return { module, networks: Object.fromEntries(layers) as ModelCopy["networks"] };
}

/** More than any network's layers or module, and less than what would be no checkpoint any more. */
const MOST_CHARACTERS = 64 << 20;

const original = z.string().regex(/^[0-9a-f]{64}$/);
const network = z.strictObject({
  description: z.looseObject({ modelTopology: z.looseObject({}), weightsManifest: z.array(z.unknown()).max(0), ganglion: z.strictObject({ fromKeras: z.boolean(), withoutWeights: z.literal(true) }) }),
  weights: z.null(),
  original,
}); // prettier-ignore
const schema = z.strictObject({
  module: z
    .strictObject({
      name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,80}\.mjs$/),
      source: z.string().max(MOST_CHARACTERS),
      original,
    })
    .nullable(),
  networks: z.partialRecord(z.enum(NETWORK_NAMES), network),
});

/** What a checkpoint holds of its networks, which may be forged: its module is checked before it is run, not here. */
export const checkpointCopySchema = schema;
