// What the newest checkpoint says of a run's networks and classes: from its header, without its weights.
import { z } from "zod";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import { parseCheckpointConfig } from "../../coordinator/records/checkpoint/checkpoint-config.ts";
import { openRegularFile } from "../../shared/regular-file.ts";

export interface CheckpointFacts {
  /** Trained parameters by network; none of one whose optimizer keeps no moments. */
  readonly parameters: Readonly<Record<string, number>>;
  /** 0 where the data has no labels. */
  readonly classes: number;
  readonly labels?: readonly number[];
}

const UNKNOWN: CheckpointFacts = { parameters: {}, classes: 0 };
/** With a copy of the module in it. */
const MOST_HEADER_BYTES = 64 << 20;

const headerSchema = z.record(z.string(), z.unknown());
const momentsSchema = z.object({ shape: z.tuple([z.int().positive()]) });
const metadataSchema = z.object({ config: z.string() });

/** Nothing is known where there is no checkpoint, or it is damaged: the run is shown all the same. */
export async function readCheckpointFacts(folder: string): Promise<CheckpointFacts> {
  try {
    const [newest] = await listCheckpoints(folder);
    return newest ? factsOf(await readHeader(newest.file)) : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** Of a safetensors file: its length, u64, and then JSON. */
async function readHeader(file: string): Promise<z.infer<typeof headerSchema>> {
  const handle = await openRegularFile(file);
  try {
    const length = Buffer.alloc(8);
    await handle.read(length, 0, 8, 0);
    const headerBytes = Number(length.readBigUInt64LE());
    if (headerBytes > MOST_HEADER_BYTES) throw new Error(`a header of ${headerBytes} bytes`);
    const header = Buffer.alloc(headerBytes);
    await handle.read(header, 0, headerBytes, 8);
    return headerSchema.parse(JSON.parse(header.toString("utf8")));
  } finally {
    await handle.close();
  }
}

function factsOf(header: z.infer<typeof headerSchema>): CheckpointFacts {
  const metadata = metadataSchema.parse(header["__metadata__"]);
  const { classes, labels } = parseCheckpointConfig(JSON.parse(metadata.config));
  const parameters: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(header)) {
    const [, network] = /^optimizer\/([^/]+)\//.exec(name) ?? [];
    const moments = momentsSchema.safeParse(tensor);
    if (network !== undefined && moments.success) [parameters[network]] = moments.data.shape;
  }
  return { parameters, classes, ...(labels && { labels }) };
}
