// Which rows of the table are wanted: all that a coordinator is measured with, less what the flags leave out.
import { Command } from "commander";
import { oneOf, positiveNumber, wholeNumber } from "../../../deploy/flags/parsers.ts";

export const TRANSPORTS = ["memory", "ws", "nats"] as const;

export interface Setting {
  readonly transport: (typeof TRANSPORTS)[number];
  readonly nodes: number;
  readonly threads: number;
  readonly parameters: number;
}

export interface Wanted {
  readonly settings: readonly Setting[];
  /** How long the rounds of a row are counted, after its warm-up. */
  readonly seconds: number;
}

interface Flags {
  readonly transport?: Setting["transport"];
  readonly nodes?: number;
  readonly threads?: number;
  /** In millions. */
  readonly parameters?: number;
  readonly seconds: number;
}

/** Ends the process with 2, and a sentence, where the flags are wrong or leave no row. */
export function wantedBy(argv: readonly string[]): Wanted {
  const command = new Command("npm run bench:scale --")
    .description("how far one coordinator goes, in rounds a second against simulated nodes")
    .option("--transport <name>", `only these rows: ${TRANSPORTS.join(", ")}`, oneOf(TRANSPORTS))
    .option("--nodes <n>", "only rows of so many nodes", wholeNumber(1))
    .option("--threads <n>", "only rows of so many threads a node", wholeNumber(1))
    .option("--parameters <n>", "only rows of so many million parameters", wholeNumber(1))
    .option("--seconds <n>", "how long the rounds of a row are counted", positiveNumber, 8)
    .addHelpText("after", NOTES)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(argv, { from: "user" });
  const only = command.opts<Flags>();
  const settings = all().filter(
    ({ transport, nodes, threads, parameters }) =>
      transport === (only.transport ?? transport) &&
      nodes === (only.nodes ?? nodes) &&
      threads === (only.threads ?? threads) &&
      parameters === 1e6 * (only.parameters ?? parameters / 1e6),
  );
  if (settings.length === 0) command.error("error: no row of the table has all of these: leave a flag out");
  return { settings, seconds: only.seconds };
}

const NOTES = `
A row counts rounds for so many seconds, and at least two, after two or three that warm up. One that needs more memory
than is free is not started, and says what it needs. One that is not done in a minute and what its bytes take at
100 MB/s is given up; the longest, 16 nodes of 100 million parameters, may take 13 minutes.
`;

function all(): Setting[] {
  const table: Setting[] = [];
  for (const transport of TRANSPORTS) {
    for (const [parameters, counts] of [
      [1e6, [1, 4, 16, 64, 256]],
      [1e7, [1, 4, 16, 64]],
      [1e8, [1, 4, 16]],
    ] as const)
      for (const nodes of counts) table.push({ transport, nodes, threads: 1, parameters });
    table.push({ transport, nodes: 4, threads: 16, parameters: 1e6 }); // as many bytes as 4 × 1
  }
  return table;
}
