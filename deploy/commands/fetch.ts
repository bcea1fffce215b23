// `ganglion fetch`: a run's newest checkpoint from a NATS server, to any machine.
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { connectNatsServer } from "../../shared/transport/nats-client.ts";
import { getObject } from "../../shared/transport/nats-store.ts";
import { type NatsFlags, addNatsFlags, natsOptions } from "../transport-options.ts";

interface FetchFlags extends NatsFlags {
  readonly run: string;
  readonly out: string;
}

export function addFetch(program: Command): void {
  addNatsFlags(program.command("fetch").description("fetch a run's newest checkpoint from a NATS server"))
    .requiredOption("--run <name>", "whose checkpoint, as ganglion status names it")
    .option("--out <file>", "where to write it", "checkpoint.safetensors")
    .addHelpText(
      "after",
      "\nExample:\n  ganglion fetch --nats nats://192.0.2.7 --run 00007-digits-strokes --out digits.safetensors\n" +
        "  ganglion generate --checkpoint digits.safetensors\n",
    )
    .action((flags: FetchFlags) => fetchCheckpoint(flags));
}

/** The file appears when it is whole and its digest is right. */
async function fetchCheckpoint(flags: FetchFlags): Promise<void> {
  const { run, out } = flags;
  const partial = `${out}.tmp`;
  const client = await connectNatsServer(natsOptions(flags));
  try {
    await pipeline(Readable.from(getObject(client, "ganglion-checkpoints", run)), createWriteStream(partial));
    await rename(partial, out);
    process.stdout.write(`${out}\n`);
  } finally {
    await rm(partial, { force: true });
    await client.close();
  }
}
