// The Kubernetes manifests against the types of its API: every field's name, type and place, and what may not be missing.
import { execFile } from "node:child_process";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { temporaryFolder } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILES = ["coordinator.yaml", "workers.yaml"];

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

test("every object is one of Kubernetes' API, with no field that this does not know", async () => {
  const manifests = (await Promise.all(FILES.map(read))).flatMap(parse);
  expect(manifests.map(({ kind }) => kind)).toEqual([
    "PersistentVolumeClaim",
    "Job",
    "Deployment",
    "HorizontalPodAutoscaler",
  ]);
  expect(await complaints(manifests)).toBe("");
});

test.each([
  ["backoffLimit: 10", "backofLimit: 10", /'"backofLimit"' does not exist in type 'JobSpec'/],
  ["fsGroup: 1000", "fsGroup: all", /'string' is not assignable to .*'number'/],
  [
    "claimName: ganglion-runs",
    "claim: ganglion-runs",
    /'"claim"' does not exist in type 'PersistentVolumeClaimVolume/,
  ],
  ["- name: coordinator", "- title: coordinator", /'"title"' does not exist in type 'Container'/],
])("%s written as %s is found", async (right, wrong, complaint) => {
  const text = await read("coordinator.yaml");
  expect(text).toContain(right);
  expect(await complaints(parse(text.replace(right, wrong)))).toMatch(complaint);
});

const read = (file: string): Promise<string> => readFile(join(ROOT, "deploy/kubernetes", file), "utf8");

function parse(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What the compiler says of the manifests as literals of the API's types: only a literal may have no field too many. */
async function complaints(manifests: readonly Manifest[]): Promise<string> {
  const folder = await temporaryFolder();
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const objects = manifests.map((manifest, i) => {
    const group = manifest.apiVersion.includes("/") ? manifest.apiVersion : `core/${manifest.apiVersion}`;
    const type = `import("kubernetes-types/${group}").${manifest.kind}`;
    return `export const object${i}: ${type} = ${JSON.stringify(manifest, null, 2)};`;
  });
  await writeFile(join(folder, "manifests.ts"), objects.join("\n"));
  const strict = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler"];
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  return promisify(execFile)(process.execPath, [compiler, ...strict, "manifests.ts"], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
}
