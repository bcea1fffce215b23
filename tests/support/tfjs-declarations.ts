// The arguments that tfjs's layers take, read from the type declarations that tfjs is published with.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../node_modules/@tensorflow/tfjs-layers/dist/", import.meta.url));

interface Interface {
  readonly own: readonly string[];
  /** Name, and the arguments left out of it. */
  readonly parents: readonly (readonly [name: string, omitted: readonly string[]])[];
}

/** By the factory's name, the arguments it takes: of one file of declarations, such as `exports_layers.d.ts`. */
export function declaredFactories(file: string): Map<string, readonly string[]> {
  const interfaces = declaredInterfaces();
  const factories = new Map<string, readonly string[]>();
  const source = declarations(join(DIST, file));
  for (const [, name, type] of source.matchAll(/export declare function (\w+)\((?:\w+\??: (\w+))?\)/g))
    factories.set(name, type === undefined ? [] : argumentsOf(type, interfaces));
  for (const [, name, other] of source.matchAll(/export declare const (\w+): typeof (\w+);/g))
    factories.set(name, factories.get(other) ?? []);
  return factories;
}

function argumentsOf(name: string, interfaces: ReadonlyMap<string, Interface>): string[] {
  // the one written in snake_case; its class hands all on to Layer as any other does
  const found = interfaces.get(name === "LayerConfig" ? "LayerArgs" : name);
  if (found === undefined) throw new Error(`tfjs-layers declares no interface ${name}`);
  const inherited = found.parents.flatMap(([parent, omitted]) =>
    argumentsOf(parent, interfaces).filter((argument) => !omitted.includes(argument)),
  );
  return [...new Set([...inherited, ...found.own])].toSorted();
}

function declaredInterfaces(): Map<string, Interface> {
  const files = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".d.ts"),
  );
  const interfaces = new Map<string, Interface>();
  for (const file of files) {
    if (file.startsWith("keras_format")) continue; // the same names, of what is saved
    const found = declarations(join(DIST, file)).matchAll(
      /interface (\w+)(?: extends ([^{]+?))? \{([\s\S]*?)\n\}/g,
    );
    for (const [, name, parents = "", body] of found) {
      const own = [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??:/gm)].map(([, argument]) => argument);
      interfaces.set(name, { own, parents: parentsOf(parents) });
    }
  }
  return interfaces;
}

/** Of `A, Omit<B, 'c' | 'd'>`. */
function parentsOf(list: string): Interface["parents"] {
  return [...list.matchAll(/Omit<(\w+), ([^>]+)>|(\w+)/g)].map(([, from, omitted, whole]) => [
    whole ?? from,
    [...(omitted ?? "").matchAll(/'(\w+)'/g)].map(([, argument]) => argument),
  ]);
}

function declarations(path: string): string {
  return readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
}
