// The Kubernetes manifests against the types of its API: every field's name, type and place, and what may not be missing.
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, parseDocument } from "yaml";
import { type StatusRecord, encodeStatusRecord, newStatusRecord } from "../../shared/status-record.ts";
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
  ["onExitCodes", "exitCodes", /'"exitCodes"' does not exist in type 'PodFailurePolicyRule'/],
])("%s written as %s is found", async (right, wrong, complaint) => {
  const text = await read("coordinator.yaml");
  expect(text).toContain(right);
  expect(await complaints(parse(text.replace(right, wrong)))).toMatch(complaint);
});

test("a Job whose coordinator ends with 2 or 3 fails at once, and one whose node is drained does not count it", async () => {
  const [, job] = parse(await read("coordinator.yaml")) as unknown as { readonly spec: JobSpec }[];
  const { podFailurePolicy, podReplacementPolicy, template } = job.spec;
  expect(podFailurePolicy.rules).toEqual([
    {
      action: "FailJob",
      onExitCodes: { containerName: template.spec.containers[0].name, operator: "In", values: [2, 3] },
    },
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
  ]);
  // What the API server asks of a Job with such a policy.
  expect([template.spec.restartPolicy, podReplacementPolicy]).toEqual(["Never", "Failed"]);
});

describe("started again, the coordinator's script", () => {
  const SCRIPTS = { Kubernetes: kubernetesScript, Compose: composeScript };

  test.each(Object.entries(SCRIPTS))(
    "of %s begins a run, and goes on with one that has not ended",
    async (_name, script) => {
      const start = await script();
      expect(await start()).toEqual([0, "begins"]);
      await start.leave("00001-digits-strokes", "failed");
      expect(await start()).toEqual([0, "resumes 00001-digits-strokes"]);
      await start.leave("00002-digits-strokes", null); // killed before its first record
      expect(await start()).toEqual([0, "resumes 00002-digits-strokes"]);
    },
  );

  test("of Compose does not repeat a run that has diverged, and a new container begins one", async () => {
    const start = await composeScript();
    expect(await start()).toEqual([0, "begins"]);
    await start.leave("00001-digits-strokes", "diverged");
    expect(await start()).toEqual([
      0,
      "training has diverged: change the flags in compose.yaml, then up again",
    ]); // on-failure: 0 ends it
    await start.replaceContainer();
    expect(await start()).toEqual([0, "begins"]);
    await start.leave("00002-digits-strokes", "done");
    expect(await start()).toEqual([0, "begins"]);
  });

  test("of Kubernetes begins a new run after one that has diverged: only who applies the Job anew gets there", async () => {
    const start = await kubernetesScript();
    await start.leave("00001-digits-strokes", "diverged");
    expect(await start()).toEqual([0, "begins"]);
  });
});

interface JobSpec {
  readonly podReplacementPolicy: string;
  readonly podFailurePolicy: { readonly rules: readonly object[] };
  readonly template: {
    readonly spec: {
      readonly restartPolicy: string;
      readonly containers: readonly {
        readonly name: string;
        readonly command: readonly string[];
        readonly args: readonly string[];
      }[];
    };
  };
}

/** Starts the script with a program in the place of node, and resolves with its exit code and what the program would do. */
interface Script {
  (): Promise<[code: number, does: string]>;
  /** Leaves a run, with a record where `state` is not null. */
  leave(run: string, state: string | null): Promise<void>;
  replaceContainer(): Promise<void>;
}

async function kubernetesScript(): Promise<Script> {
  const [, job] = parse(await read("coordinator.yaml")) as unknown as { readonly spec: JobSpec }[];
  const { command, args } = job.spec.template.spec.containers[0];
  return scriptOf([...command, ...args]);
}

async function composeScript(): Promise<Script> {
  const { services } = parseDocument(await readFile(join(ROOT, "deploy/compose.yaml"), "utf8")).toJS() as {
    readonly services: Readonly<
      Record<string, { readonly entrypoint: string[]; readonly command: string[] }>
    >;
  };
  const { entrypoint, command } = services["coordinator"];
  return scriptOf([...entrypoint, ...command.map((word) => word.replaceAll("$$", "$"))]);
}

async function scriptOf(argv: readonly string[]): Promise<Script> {
  const folder = await temporaryFolder();
  const [runs, bin, begun] = ["runs", "bin", "begun"].map((name) => join(folder, name));
  await mkdir(runs);
  await mkdir(bin);
  const program = 'case "$*" in *--resume*) echo "resumes ${*##*/}";; *) echo begins;; esac';
  await writeFile(join(bin, "node"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  const [shell, ...words] = argv.map((word) =>
    word.replaceAll("/runs", runs).replaceAll("/tmp/begun", begun),
  );
  const environment = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
  const start = (): Promise<[number, string]> =>
    promisify(execFile)(shell, words, { env: environment }).then(
      ({ stdout, stderr }) => [0, `${stdout}${stderr}`.trim()],
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => [code, stderr],
    );
  return Object.assign(start, {
    async leave(run: string, state: string | null) {
      await mkdir(join(runs, run));
      await writeFile(join(runs, run, "config.json"), "{}");
      const record = { ...newStatusRecord({ run, host: "here", dashboard: null }), state };
      if (state !== null)
        await writeFile(join(runs, run, "status.json"), encodeStatusRecord(record as StatusRecord));
    },
    replaceContainer: () => rm(begun),
  });
}

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
