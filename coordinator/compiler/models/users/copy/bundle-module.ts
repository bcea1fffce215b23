// A user's module and everything that it imports, as one file that runs wherever it lies.
import { builtinModules } from "node:module";
import { parse, relative } from "node:path";
import type { OutputChunk } from "rolldown";
import { messageOf } from "../../../../../shared/errors.ts";
import { findPlaceDependence } from "./place-dependence.ts";

export type Bundled =
  | {
      readonly kind: "bundled";
      /** `my-gan.mjs` */
      readonly name: string;
      /** JavaScript, an ES module that imports nothing but what Node brings. */
      readonly source: string;
      /** Whether it can read files (`node:fs`): what it reads is not in the bundle. */
      readonly readsFiles: boolean;
    }
  /** The rest of a sentence about the module. */
  | { readonly kind: "refused"; readonly why: string };

/** More is no model, and would be in every checkpoint. */
const MOST_BYTES = 16 << 20;

/**
 * Bundles relative files, JSON, npm packages and TypeScript. What a copy elsewhere would do otherwise is refused: imports
 * that are known only as it runs, and the module's own place (`import.meta.url`). Nothing of the module is run.
 */
export async function bundleModule(file: string): Promise<Bundled> {
  const { rolldown } = await import("rolldown"); // 21 MB, for runs with a module alone
  let chunk: OutputChunk;
  try {
    const bundle = await rolldown({
      input: file,
      platform: "node",
      tsconfig: false, // what loads the module itself reads none either
      transform: { decorator: { legacy: true } },
      treeshake: { annotations: false, moduleSideEffects: true, unknownGlobalSideEffects: true },
      logLevel: "silent", // what it could say, the module's own loading has said
    });
    try {
      const { output } = await bundle.generate({ format: "es", codeSplitting: false, keepNames: true });
      [chunk] = output;
    } finally {
      await bundle.close();
    }
  } catch (cause) {
    return { kind: "refused", why: `it cannot be put into one file (${firstLine(messageOf(cause))})` };
  }
  const strange = chunk.imports.find((name) => !isBuiltIn(name));
  if (strange !== undefined) return { kind: "refused", why: `it imports ${strange}, which is not found` };
  const dependence = await findPlaceDependence(chunk.code);
  if (dependence !== null) {
    const where = moduleAt(chunk, dependence.at);
    const inFile = where === null || where === file ? "" : ` in ${relative(parse(file).dir, where)}`;
    return { kind: "refused", why: `it uses ${dependence.text}${inFile}, ${dependence.why}` };
  }
  const size = Buffer.byteLength(chunk.code);
  if (size > MOST_BYTES)
    return { kind: "refused", why: `with what it imports it is ${size} bytes, more than ${MOST_BYTES}` };
  const readsFiles = /(?:\bfrom |\b__require\(|\bimport )"(?:node:)?fs(?:\/promises)?"/.test(chunk.code);
  return { kind: "bundled", name: `${fileNameOf(parse(file).name)}.mjs`, source: chunk.code, readsFiles };
}

function isBuiltIn(name: string): boolean {
  return name.startsWith("node:") || builtinModules.includes(name);
}

/** Whose code lies there in the bundle. */
function moduleAt({ code, modules }: OutputChunk, at: number): string | null {
  for (const [id, { code: own }] of Object.entries(modules)) {
    const start = own === null ? -1 : code.indexOf(own);
    if (own !== null && start >= 0 && start <= at && at < start + own.length) return id;
  }
  return null;
}

function fileNameOf(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[-.]+/, "")
      .slice(0, 80) || "model"
  );
}

/** What went wrong, behind the line that counts the errors. */
function firstLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !line.startsWith("Build failed")) ?? text;
}
