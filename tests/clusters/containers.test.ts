// What the container, Kubernetes and Slurm files start, started here: their own commands on real servers, without containers.
import { execFile, execFileSync } from "node:child_process";
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { type Running, startCli, startProgram, temporaryFolder } from "../support/cli.ts";
import { divergingRun } from "../support/diverging.ts";
import { freePort } from "../support/free-port.ts";
import { natsServer } from "../support/nats-server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "dist/deploy/cli.js");
/** A run of two steps, whatever the file says. */
const LENGTH = ["--steps", "2", "--batch", "8", "--shard", "4", "--json"];
const SHORT = [...LENGTH, "--dashboard", "off"];
const TOKEN = "s3cret";

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string }[];
}

const read = (file: string): Promise<string> => readFile(join(ROOT, "deploy", file), "utf8");

test("compose: the coordinator and two workers meet at the broker and train; the dashboard asks for the token", async () => {
  const { services } = parse(await read("compose.yaml")) as {
    readonly services: Readonly<
      Record<
        string,
        {
          readonly entrypoint?: readonly string[];
          readonly command: readonly string[];
          readonly image?: string;
        }
      >
    >;
  };
  const server = await natsServer({ jetStream: true, config: `authorization { token: ${TOKEN} }` });
  const runs = await temporaryFolder();
  const here = (words: readonly string[]): string[] =>
    words.map((word) => word.replace("nats://nats:4222", server.url));
  const token = { GANGLION_TOKEN: TOKEN };
  const { entrypoint, command } = services["coordinator"];
  const [start] = here(command).map((text) =>
    text
      .replaceAll("$$", "$") // as Compose does
      .replaceAll("/ganglion/dist/deploy/cli.js", CLI)
      .replaceAll("/runs", runs)
      .replaceAll("/tmp/begun", join(runs, "begun"))
      .replace(":8700", ":0")
      .replace("--preset digits", `--preset digits ${LENGTH.join(" ")}`),
  );
  const [shell, ...words] = entrypoint!;
  const coordinator = startProgram(shell, [...words, start], token);
  const { url } = await coordinator.event(({ event }) => event === "dashboard");
  const asked = await Promise.all(["", `?token=${TOKEN}`].map((query) => fetch(`${String(url)}/${query}`)));
  expect(asked.map(({ status }) => status)).toEqual([401, 200]);
  await coordinator.event(({ event }) => event === "listening");
  const workers = [1, 2].map(() => startCli(here(services["worker"].command), token));
  const { code, events, stderr } = await coordinator.finished;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 2 });
  for (const worker of workers) expect((await worker.finished).code).toBe(0);
  expect(services["nats"].command).toContain("--jetstream");
});

describe("Kubernetes", () => {
  test("the coordinator begins a run, and started again goes on with that one, also when it was killed before its first checkpoint", async () => {
    const [, job] = await documents("kubernetes/coordinator.yaml");
    const { command, args } = containerOf(job);
    const server = await natsServer({ jetStream: true, config: `authorization { token: ${TOKEN} }` });
    const runs = await temporaryFolder();
    const run = join(runs, "00001-digits-strokes");
    const shell = args![0]
      .replaceAll("/ganglion/dist/deploy/cli.js", CLI)
      .replaceAll("/runs", runs)
      .replaceAll("nats://nats:4222", server.url)
      .replace("--preset digits", `--preset digits ${SHORT.join(" ")} --json`)
      .replace(
        '--resume "${newest%/config.json}"',
        '--resume "${newest%/config.json}" --steps 4', // the other flags repeat what the run has
      );
    const [, workers] = await documents("kubernetes/workers.yaml").then(([first, second]) => [second, first]);
    const workerFlags = containerOf(workers)
      .args!.map((word) => (word === "nats://nats:4222" ? server.url : word.replace("$(NODE)", "pod-1")))
      .map((word) => (word === "cuda" ? "cpu" : word)); // no GPU here
    const environment = { ...process.env, GANGLION_TOKEN: TOKEN };
    const hashes: string[] = [];
    for (const [steps, isKeptUntilNow] of [
      [2, true],
      [4, true],
      [4, false],
    ] as const) {
      if (!isKeptUntilNow) await rm(join(run, "checkpoints"), { recursive: true });
      const coordinator = promisify(execFile)(command![0], [...command!.slice(1), shell], {
        env: environment,
      });
      startCli(workerFlags, { GANGLION_TOKEN: TOKEN });
      const { stdout } = await coordinator;
      const last = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
        event: string;
        steps: number;
        run: string;
        weightsHash: string;
      };
      expect(last).toMatchObject({ event: "done", steps, run });
      hashes.push(last.weightsHash);
    }
    expect(hashes[2]).toBe(hashes[1]);
  });

  test("names that one object gives another are the same, and the secret is the token's", async () => {
    const [claim, job] = await documents("kubernetes/coordinator.yaml");
    const [deployment, scaler] = await documents("kubernetes/workers.yaml");
    expect(job.spec.template.spec.volumes[0].persistentVolumeClaim.claimName).toBe(claim.metadata.name);
    expect(job.spec.template.spec.hostname).toBe(job.metadata.name); // of every pod: one that follows takes over the lock
    expect(deployment.spec.selector.matchLabels).toEqual(deployment.spec.template.metadata.labels);
    expect(scaler.spec.scaleTargetRef).toMatchObject({
      kind: deployment.kind,
      name: deployment.metadata.name,
    });
    for (const object of [job, deployment])
      expect(containerOf(object).env!.map(({ name }) => name)).toContain("GANGLION_TOKEN");
    const stages = [...(await read("Dockerfile")).matchAll(/^FROM .* AS (\S+)$/gm)].map(([, stage]) => stage);
    expect(stages).toEqual(["build", "onnxruntime-cuda", "base", "cuda", "cpu"]); // the last is what a build without --target makes
  });
});

test("the image's program works with the packages that are left after its build", async () => {
  const dockerfile = await read("Dockerfile");
  const folder = await temporaryFolder();
  const ignored = (await readFile(join(ROOT, ".dockerignore"), "utf8")).trim().split("\n");
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT }).toString().split("\0").filter(Boolean);
  for (const file of files.filter((name) => !ignored.includes(name.split("/")[0]))) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file));
  }
  execFileSync("cp", ["-al", join(ROOT, "node_modules"), folder]); // `RUN npm ci`, without the network
  const steps = [...dockerfile.matchAll(/^RUN (npm .*)$/gm)].map(([, command]) => command);
  expect(steps).toEqual(["npm ci", "npm run build", "npm prune --omit=dev"]);
  for (const command of steps.slice(1)) execFileSync("sh", ["-c", command], { cwd: folder, stdio: "pipe" });
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]) as string[];
  const [program, ...words] = entry.map((word) => word.replace("/ganglion", folder));
  const flags = ["train", "--out", await temporaryFolder(), ...SHORT];
  const { stdout } = await promisify(execFile)(program, [...words, ...flags], { cwd: "/" });
  expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({ event: "done", steps: 2 });
});

describe("Slurm", () => {
  test("the batch script starts the coordinator and a supervisor on every node, and ends with the run", async () => {
    const batch = await startBatch(["--preset", "digits", "--out", await temporaryFolder(), ...SHORT]);
    const { code, stdout } = await batch.finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/"event":"done","steps":2,/);
    expect(stdout).toContain("the run is over"); // the worker's last words
  });

  test("a batch script whose time is nearly over waits for the checkpoint", async () => {
    const run = ["--preset", "digits", "--batch", "8", "--shard", "4", "--steps", "1000000"];
    const batch = await startBatch([
      ...run,
      "--out",
      await temporaryFolder(),
      "--json",
      "--dashboard",
      "off",
    ]);
    await batch.event(({ event }) => event === "step");
    batch.process.kill("SIGTERM"); // to the script alone, as --signal=B:TERM says
    const { code, events } = await batch.finished;
    expect(code).toBe(0);
    expect(events.filter(({ event }) => event === "checkpoint")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ event: "done" });
  });

  test("a batch script with a mistake in it ends at once, with the coordinator's exit code", async () => {
    expect((await (await startBatch(["--presett", "digits"])).finished).code).toBe(2);
  });

  test("a batch script whose training diverges ends with the exit code that says so", async () => {
    const folder = await temporaryFolder();
    const flags = [...(await divergingRun(folder)), "--out", join(folder, "runs"), "--dashboard", "off"];
    const { code, stderr } = await (await startBatch(flags)).finished;
    expect(code).toBe(3);
    expect(stderr).toContain("training has diverged");
  });

  test("a batch script whose workers all fail stops the run, and ends with their exit code", async () => {
    const flags = ["--preset", "digits", "--out", await temporaryFolder()];
    const { code, stderr } = await (await startBatch(flags, "echo no GPU >&2; exit 3")).finished;
    expect(code).toBe(3);
    expect(stderr).toContain("every worker has ended, the last with exit code 3: the run is stopped");
  });
});

/** What srun does with its command, after its own flags. */
const RUN_HERE = 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"';

/** The batch script on a cluster of one node, this one. */
async function startBatch(flags: readonly string[], srun = RUN_HERE): Promise<Running> {
  const folder = await temporaryFolder();
  await script(folder, "scontrol", 'echo 127.0.0.1 "$1" "$2" | cut -d " " -f 1');
  await script(folder, "srun", srun);
  // No GPUs here: what the script says of them is taken out, all else stays.
  await script(
    folder,
    "ganglion",
    `for word; do shift; case $word in --gpus|--device|all|cuda) ;; *) set -- "$@" "$word";; esac; done; exec ${process.execPath} ${CLI} "$@"`,
  );
  return startProgram("bash", [join(ROOT, "deploy/slurm/ganglion.sbatch"), ...flags], {
    PATH: `${folder}:${process.env["PATH"]}`,
    GANGLION: "ganglion",
    PORT: String(await freePort()),
    SLURM_JOB_NODELIST: "node[1]",
    SLURM_NNODES: "1",
  });
}

async function script(folder: string, name: string, body: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(folder, name), 0o755);
}

/** A Kubernetes object, as far as it is looked at here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly scaleTargetRef: object;
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly hostname?: string;
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly persistentVolumeClaim: { readonly claimName: string } }[];
      };
    };
  };
}

async function documents(file: string): Promise<[Manifest, Manifest]> {
  const [first, second] = parseAllDocuments(await read(file)).map((document) => document.toJS() as Manifest);
  return [first, second];
}

function containerOf(object: Manifest): Container {
  return object.spec.template.spec.containers[0];
}
