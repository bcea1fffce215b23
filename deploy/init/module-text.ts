// The text of a new model module, in TypeScript or in JavaScript with the same types in comments.
import type { Variant } from "./variants.ts";

export type Language = "ts" | "js";

/** `file` is how its own comment names it, as on a command line. */
export function moduleText(
  { about, networks, losses, trainFlags }: Variant,
  language: Language,
  file: string,
): string {
  const train = `ganglion train --model ${file}`;
  const flags = trainFlags === "" ? "" : ` ${trainFlags}`;
  const head = [
    `// ${file}: ${about}.`,
    "//",
    `//   ${train}${flags}`,
    `//   ${train} --data ./photos --image-size 32${flags}`,
    `//   ${train} --dry-run          its layers and what a step costs; starts nothing`,
    "//",
    "// `tf` is TensorFlow.js, core and layers. The file may import files of its own, but no tfjs.",
  ];
  const code = losses === undefined ? networks : `${networks}\n${losses}`;
  return language === "ts" ? typescript(head, code) : javascript(head, code);
}

/** Where the package is not installed beside the module, only the types are missing: it trains all the same. */
function typescript(head: readonly string[], code: string): string {
  const types = ["LossContext", "ModelContext", "SymbolicTensor"].filter((name) => code.includes(name));
  return `${head.join("\n")}\nimport type { ${types.join(", ")} } from "ganglion";\n\n${code}`;
}

/** Annotations become JSDoc, which editors and `tsc --checkJs` read. */
function javascript(head: readonly string[], code: string): string {
  const plain = code
    .replace(
      /\/\*\* (.*) \*\/\nexport function (.*): (ModelContext|LossContext)\) \{/g,
      '/**\n * $1\n *\n * @param {import("ganglion").$3} context\n */\nexport function $2) {',
    )
    .replace(
      /(= |outputs: )([^=:\n]*(?:\{[^\n]*\}[^=:\n]*)?) as SymbolicTensor/g,
      '$1/** @type {import("ganglion").SymbolicTensor} */ ($2)',
    );
  return `${head.join("\n")}\n\n${plain}`;
}
