// `ganglion init`: its flags.
import type { Command } from "commander";
import type { InitFlags } from "../actions/init.ts";
import { oneOf } from "../flags/parsers.ts";
import { VARIANTS } from "../init/variants.ts";

export function addInit(program: Command): void {
  const variants = VARIANTS.map(({ name, description }) => `  ${name.padEnd(13)} ${description}`);
  program
    .command("init")
    .description(
      "write a small model module of your own to start from; it trains at once, on images of any size",
    )
    .argument("<name>", "the file, such as my-gan or models/my-gan.ts")
    .option("--variant <name>", "see below", oneOf(VARIANTS.map(({ name }) => name)), "plain")
    .option(
      "--language <name>",
      "js or ts (default: as the name ends, else js)",
      oneOf(["js", "ts"] as const),
    )
    .addHelpText("after", `\nVariants:\n${variants.join("\n")}`)
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: InitFlags) => (await import("../actions/init.ts")).init(name, flags));
}

const EXAMPLES = `
Examples:
  ganglion init my-gan && ganglion train --model my-gan.js --steps 2000
  ganglion init faces.ts --variant wgan-gp
`;
