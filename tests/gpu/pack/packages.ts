// Of node_modules, what the check needs where nothing can be installed: production packages, without what only builds use.
import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";

/** Not loaded by training or by the check: other engines, the browser's, bundlers, decoders of pictures. */
const LEFT_OUT = new Set(["onnxruntime-web", "@tensorflow/tfjs-node-gpu", "rolldown", "sharp", "bufferutil"]);
/** tfjs has its code some ten times over; Node loads this one. */
const TFJS_FILE = /^dist\/tf-[a-z-]+\.node\.js$/;
const USELESS = /\.(map|md|markdown|flow|html|cts|mts|ts)$|\.d\.[cm]?ts$/;
const USELESS_FOLDERS = new Set([
  "test",
  "tests",
  "__tests__",
  "docs",
  "benchmark",
  "benchmarks",
  "example",
  "examples",
]);

/** Copies them into `to`, which is to be a node_modules; returns their names. */
export function copyPackages(root: string, to: string): readonly string[] {
  const names = closure(root);
  for (const name of names) {
    const from = join(root, "node_modules", name);
    cpSync(from, join(to, name), {
      recursive: true,
      filter: (path) => from === path || isNeeded(name, relative(from, path).split(sep), path),
    });
  }
  return names;
}

/** Names below node_modules of the dependencies of dependencies. */
function closure(root: string): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const file = join(root, "node_modules", name, "package.json");
    if (LEFT_OUT.has(name) || found.has(name) || !existsSync(file)) return;
    found.add(name);
    for (const other of dependenciesOf(file)) visit(other);
  };
  for (const name of dependenciesOf(join(root, "package.json"))) visit(name);
  return [...found].toSorted();
}

function dependenciesOf(file: string): readonly string[] {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly dependencies?: object;
    readonly optionalDependencies?: object;
  };
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
}

function isNeeded(name: string, path: readonly string[], file: string): boolean {
  const inside = path.join("/");
  const isFolder = statSync(file).isDirectory();
  if (name === "onnxruntime-node" && path[0] === "bin")
    return (
      `bin/napi-v6/${process.platform}/${process.arch}/`.startsWith(`${inside}/`) ||
      inside.startsWith(`bin/napi-v6/${process.platform}/${process.arch}/`)
    );
  if (name.startsWith("@tensorflow/"))
    return inside === "package.json" || inside === "dist" || TFJS_FILE.test(inside);
  return isFolder ? !USELESS_FOLDERS.has(basename(file)) : !USELESS.test(inside);
}
