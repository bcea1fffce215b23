// ONNX Runtime Web as the page carries it: its module's text, and its WebAssembly packed into a script.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { GanglionError } from "../../../shared/errors.ts";

/** Computes with WebGPU, and in WebAssembly where there is none; one file for both. */
const MODULE = "ort.webgpu.bundle.min.mjs";
const WEBASSEMBLY = "ort-wasm-simd-threaded.asyncify.wasm";

export interface WebRuntime {
  /** Defines `ort` where it is put in front of a module's text. */
  readonly module: string;
  readonly webAssembly: Uint8Array;
}

/** @throws GanglionError ENGINE where the package is not what this program was made for */
export async function webRuntime(): Promise<WebRuntime> {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  const [text, webAssembly] = await Promise.all([
    readFile(join(folder, MODULE), "utf8"),
    readFile(join(folder, WEBASSEMBLY)),
  ]);
  // A page that is opened as a file can import no other file: the module becomes a part of the page's own.
  const [exported, names] = /\bexport\s*\{([^}]*)\};?\s*(?:\/\/#[^\n]*\s*)?$/.exec(text) ?? [];
  if (exported === undefined || /<\/script/i.test(text))
    throw new GanglionError(
      "ENGINE",
      `onnxruntime-web in ${folder} is not the version that was installed with this program: run npm ci`,
    );
  const entries = names.split(",").map((entry) => entry.trim().split(/\s+as\s+/));
  const object = entries.map(([local, name = local]) => `${JSON.stringify(name)}: ${local}`).join(", ");
  // In a function of its own: its short names are many.
  const module = `const ort = await (async () => {\n${text.slice(0, -exported.length)}\nreturn { ${object} };\n})();\n`;
  return { module, webAssembly };
}

/** Text that a script can hold, a quarter of the size of what is in it. */
export async function packed(bytes: Uint8Array): Promise<string> {
  return (await promisify(gzip)(bytes, { level: 9 })).toString("base64");
}
