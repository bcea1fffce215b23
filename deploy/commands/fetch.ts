// `ganglion fetch`: its flags.
import type { Command } from "commander";
import type { FetchFlags } from "../actions/fetch.ts";
import { addNatsFlags } from "../flags/transport-options.ts";

export function addFetch(program: Command): void {
  addNatsFlags(program.command("fetch").description("fetch a run's newest checkpoint from a NATS server"))
    .option("--run <name>", "whose checkpoint, as ganglion status names it (default: the only one's)")
    .option("--out <file>", "where to write it", "checkpoint.safetensors")
    .addHelpText(
      "after",
      "\nExample:\n  ganglion fetch --nats nats://192.0.2.7 --run 00007-digits-strokes --out digits.safetensors\n" +
        "  ganglion generate --checkpoint digits.safetensors\n",
    )
    .action(async (flags: FetchFlags) => (await import("../actions/fetch.ts")).fetchCheckpoint(flags));
}
