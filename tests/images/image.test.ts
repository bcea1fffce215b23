// The container images, really built from deploy/Dockerfile and really started, beside the same run without a container.
import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSoftwareGpu } from "../support/software-gpu.ts";
import { type Buildah, createBaseImage, openBuildah } from "./base-image.ts";
import { createFalseDriver } from "./false-driver.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = ["node", "/ganglion/dist/deploy/cli.js"];
const SMALL = ["train", "--steps", "1", "--batch", "8", "--shard", "8", "--dashboard", "off", "--json"];
const RUN = ["train", "--steps", "4", "--batch", "64", "--shard", "32", "--workers", "2", "--dashboard", "off", "--json"]; // prettier-ignore

/** A Vulkan driver in software. */
const driver = findSoftwareGpu("WebGPU in the image was");

let folder: string;
let buildah: Buildah;
/** Of the run outside. */
let weightsHash: unknown;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-images-"));
  buildah = await openBuildah(folder);
  await createBaseImage(buildah, folder, "docker.io/library/node:20-bookworm-slim");
  const outside = [join(ROOT, "dist/deploy/cli.js"), ...RUN, "--out", join(folder, "runs")];
  weightsHash = lastEvent((await promisify(execFile)(process.execPath, outside)).stdout)["weightsHash"];
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the CPU image", () => {
  let image: Image;
  beforeAll(async () => {
    image = await buildImage("cpu", "ganglion");
  });
  afterAll(async () => {
    await buildah("rm", "--all");
    await buildah("rmi", "localhost/ganglion"); // room for the next
  });

  test("trains as a plain user, into its volume, and the weights are the same bits as outside", async () => {
    const done = lastEvent(await image.run(...CLI, ...RUN, "--out", "/runs"));
    expect(done).toMatchObject({ event: "done", weightsHash });
    expect(await image.run("stat", "-c", "%U", "/runs/00001-digits-strokes/ledger")).toBe("node");
    expect(await image.run("id", "-un")).toBe("node");
  });

  test("starts the program, whose help it shows, without compilers, tests or sources of the build", async () => {
    const { Entrypoint, Cmd } = await image.config();
    expect(await image.run(...Entrypoint, ...Cmd)).toMatch(/^Usage: ganglion/);
    expect(await image.run("ls", "/ganglion")).not.toMatch(/tests|\.git/);
    expect(await image.run("ls", "/ganglion/node_modules")).not.toMatch(/^(vitest|typescript|oxlint)$/m);
  });

  test.skipIf(driver === null)("reaches a GPU over WebGPU, once a Vulkan driver is there", async () => {
    await image.copy(driver!, driver!);
    await image.copy(join(dirname(driver!), "libvk_swiftshader.so"), `${dirname(driver!)}/`);
    const device = ["--device", "webgpu", "--adapter", driver!];
    const done = lastEvent(await image.run(...CLI, ...SMALL, ...device, "--out", "/runs"));
    expect(done).toMatchObject({ event: "done", steps: 1 });
  });
});

/** CUDA's libraries are 4 GB, of which buildah without overlays writes a copy for each step of a stage. */
const CUDA_BUILD_BYTES = 20e9;
const hindrance = findHindrance();
if (hindrance) process.stdout.write(`the CUDA image was not built: ${hindrance}\n`);

describe.skipIf(hindrance !== null)("the CUDA image", () => {
  let image: Image;
  beforeAll(async () => {
    image = await buildImage("cuda", "ganglion:cuda");
  });

  test("asks NVIDIA's container runtime for GPUs, CUDA and Vulkan, and is otherwise the CPU image", async () => {
    const { Env, Entrypoint, User, Volumes } = await image.config();
    expect(Env).toContain("NVIDIA_VISIBLE_DEVICES=all");
    expect(Env).toContain("NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics");
    expect({ Entrypoint, User, Volumes }).toEqual({
      Entrypoint: CLI,
      User: "node",
      Volumes: { "/runs": {} },
    });
    expect(await image.run("sh", "-c", "command -v python3 || echo none")).toBe("none"); // it stays behind in its stage
    const libraries = await image.run("/sbin/ldconfig", "-p");
    for (const library of ["libvulkan.so.1", "libXext.so.6"]) expect(libraries).toContain(library);
  });

  test("trains on the CPU, where the weights are the same bits as outside", async () => {
    const done = lastEvent(await image.run(...CLI, ...RUN, "--device", "cpu", "--out", "/runs"));
    expect(done).toMatchObject({ event: "done", weightsHash });
  });

  test("says on a host without NVIDIA's driver that it is missing", async () => {
    await expect(image.run(...CLI, ...RUN, "--device", "cuda", "--out", "/runs")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("NVIDIA's driver is not installed here (libcuda.so.1: cannot open"),
    });
  });

  test("lacks nothing but the driver: with a false one every library is loaded and linked, and CUDA finds it too old", async () => {
    await image.copy(await createFalseDriver(folder), "/usr/local/lib/");
    const now = ["env", "LD_LIBRARY_PATH=/usr/local/lib", "LD_BIND_NOW=1"]; // every function, not only those that are called
    await expect(
      image.run(...now, ...CLI, ...RUN, "--device", "cuda", "--out", "/runs"),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "CUDA does not work here (CUDA failure 35: CUDA driver version is insufficient",
      ),
    });
  });
});

/** Why an image with CUDA cannot be built here. */
function findHindrance(): string | null {
  if (process.arch !== "x64") return `ONNX Runtime has no CUDA for ${process.arch}`;
  const { bavail, bsize } = statfsSync(tmpdir());
  const free = bavail * bsize;
  if (free >= CUDA_BUILD_BYTES) return null;
  return `that takes ${CUDA_BUILD_BYTES / 1e9} GB in ${tmpdir()}, where ${Math.round(free / 1e9)} GB are free`;
}

function lastEvent(output: string): Readonly<Record<string, unknown>> {
  return JSON.parse(output.trim().split("\n").at(-1)!) as Readonly<Record<string, unknown>>;
}

interface Image {
  /** In one container of it, as its user. */
  run(...command: string[]): Promise<string>;
  /** Into that container. */
  copy(from: string, to: string): Promise<unknown>;
  config(): Promise<ImageConfig>;
}

interface ImageConfig {
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly User: string;
  readonly Volumes: object;
}

async function buildImage(target: string, name: string): Promise<Image> {
  const file = join(ROOT, "deploy/Dockerfile");
  await buildah("bud", "--pull-never", "--target", target, "-f", file, "-t", name, ROOT);
  const container = await buildah("from", "--pull-never", `localhost/${name}`);
  const config = async (): Promise<ImageConfig> => {
    const inspected = await buildah("inspect", "--type", "image", `localhost/${name}`);
    return (JSON.parse(inspected) as { readonly OCIv1: { readonly config: ImageConfig } }).OCIv1.config;
  };
  return {
    config,
    run: async (...command) => buildah("run", "--user", (await config()).User, container, "--", ...command),
    copy: (from, to) => buildah("copy", "-q", container, from, to),
  };
}
