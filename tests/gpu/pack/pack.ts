// Packs what tests/gpu/run.sh needs on a machine that nothing else reaches: run by tests/gpu/pack.sh, which says how.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { cudaFolder } from "../../../worker/engine/graph/cuda-installation.ts";
import { keepArchitecture } from "./fat-binary.ts";
import { copyPackages } from "./packages.ts";
import { cutToSize } from "./pieces.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CARRIED = join(ROOT, "tests/gpu/carried");
const MEBIBYTE = 2 ** 20;

/** For WebGPU: Vulkan's loader, and what NVIDIA's driver for it is linked to; run.sh takes those that the machine lacks. */
const SYSTEM_LIBRARIES = ["libvulkan.so.1", "libX11.so.6", "libXext.so.6", "libxcb.so.1", "libXau.so.6", "libXdmcp.so.6", "libbsd.so.0", "libmd.so.0", "libEGL.so.1", "libGLX.so.0", "libGLdispatch.so.0"]; // prettier-ignore
const PROVIDERS = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];

const { values } = parseArgs({
  options: {
    limit: { type: "string", default: "64" },
    cuda: { type: "boolean", default: false },
    libraries: { type: "string" },
    architecture: { type: "string" },
  },
});
try {
  await pack();
} catch (cause) {
  if (!(cause instanceof RangeError)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = 1;
}

async function pack(): Promise<void> {
  if (!existsSync(join(ROOT, "dist/deploy/cli.js")))
    throw new RangeError("the program is not built here: npm run build");
  const room = Number(values.limit) * MEBIBYTE - treeBytes();
  if (!(room > MEBIBYTE))
    throw new RangeError(
      `--limit ${values.limit}: the working tree alone is ${mebibytes(treeBytes())}, and nothing fits beside it`,
    );
  rmSync(CARRIED, { recursive: true, force: true });
  const staging = mkdtempSync(join(tmpdir(), "ganglion-pack-"));
  try {
    const archives = [await archive("base", stageBase(staging), staging)];
    if (values.cuda || values.libraries !== undefined)
      archives.push(await archive("cuda", stageCuda(staging), staging));
    const folders = archives.flatMap((file) => cutToSize(file, room)).map((piece, i) => place(piece, i + 1));
    tell(folders);
    const over = folders.filter(({ bytes }) => bytes > room);
    if (over.length > 0)
      throw new RangeError(
        `over the limit of ${values.limit} MiB with the working tree: ${over.map(({ name }) => name).join(", ")}`,
      );
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Node, the built program, its packages, and libraries of the system. */
function stageBase(staging: string): string {
  const folder = join(staging, "base");
  const home = join(folder, "tests/gpu/carried/home");
  mkdirSync(join(home, "libraries"), { recursive: true });
  copyFileSync(process.execPath, join(home, "node"));
  cpSync(join(ROOT, "dist"), join(folder, "dist"), {
    recursive: true,
    filter: (path) => !/\.(map|d\.ts)$/.test(path),
  });
  const packages = copyPackages(ROOT, join(folder, "node_modules"));
  const known = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
  for (const name of SYSTEM_LIBRARIES) {
    const found = known
      .split("\n")
      .find((line) => line.trim().startsWith(`${name} `) && line.includes("x86-64"));
    const path = found?.split(" => ")[1];
    if (path !== undefined) copyFileSync(realpathSync(path), join(home, "libraries", name));
    else process.stdout.write(`not here, and left out: ${name}\n`);
  }
  process.stdout.write(`base: Node ${process.versions.node}, dist, ${packages.length} packages\n`);
  return folder;
}

/** ONNX Runtime for CUDA, without NVIDIA's own libraries. */
function stageCuda(staging: string): string {
  const folder = join(staging, "cuda");
  const to = join(folder, "tests/gpu/carried/home/onnxruntime");
  mkdirSync(to, { recursive: true });
  const from = values.libraries ?? join(cudaFolder(), "node_modules/onnxruntime-node/bin/napi-v6/linux/x64");
  const names = existsSync(from) ? readdirSync(from) : [];
  const core = names
    .filter((name) => /^libonnxruntime\.so\.\d/.test(name))
    .toSorted()
    .at(-1);
  if (core === undefined || PROVIDERS.some((name) => !names.includes(name)))
    throw new RangeError(
      `${from} lacks ONNX Runtime for CUDA: run ganglion setup cuda, or name its folder in --libraries`,
    );
  copyFileSync(join(from, core), join(to, "libonnxruntime.so.1"));
  for (const name of PROVIDERS) writeFileSync(join(to, name), pruned(readFileSync(join(from, name)), name));
  return folder;
}

function pruned(library: Buffer, name: string): Buffer {
  if (values.architecture === undefined || !name.includes("cuda")) return library;
  const { keptBytes, zeroedBytes, architectures } = keepArchitecture(library, Number(values.architecture));
  process.stdout.write(
    `${name}: machine code for ${values.architecture} stays (${mebibytes(keptBytes)}), the rest of ${architectures.join(", ")} is zeros (${mebibytes(zeroedBytes)})\n`,
  );
  return library;
}

/** One .tar.xz of the folder. */
async function archive(name: string, folder: string, staging: string): Promise<string> {
  const [tar, file] = [join(staging, `${name}.tar`), join(staging, `${name}.tar.xz`)];
  const order = ["--sort=name", "--owner=0", "--group=0"];
  await promisify(execFile)("tar", [...order, "-cf", tar, "-C", folder, "."]);
  const size = statSync(tar).size;
  const { status } = spawnSync("xz", ["-6", "-T0", tar], { stdio: "inherit" });
  if (status !== 0) throw new RangeError(`xz could not compress ${tar}: is it installed, and is there room?`);
  process.stdout.write(`${name}.tar.xz: ${mebibytes(statSync(file).size)}, unpacked ${mebibytes(size)}\n`);
  return file;
}

interface Folder {
  readonly name: string;
  readonly bytes: number;
}

/** Each piece lies in a folder of its own, which is what is copied at a time. */
function place(piece: { readonly name: string; readonly bytes: Uint8Array }, number: number): Folder {
  const folder = join(CARRIED, String(number));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, piece.name), piece.bytes);
  return { name: `tests/gpu/carried/${number}`, bytes: piece.bytes.length };
}

function tell(folders: readonly Folder[]): void {
  process.stdout.write(
    `the working tree: ${mebibytes(treeBytes())}; at a time, of at most ${values.limit} MiB with it:\n`,
  );
  for (const { name, bytes } of folders) {
    const last = folders.at(-1)!.name === name;
    process.stdout.write(`  ${name} (${mebibytes(bytes)}): tests/gpu/run.sh${last ? "" : " --unpack"}\n`);
  }
}

/** What is copied in any case: all files but those that git ignores. */
function treeBytes(): number {
  const files = execFileSync("git", ["-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const present = files.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
  return present.reduce((sum, file) => sum + statSync(join(ROOT, file)).size, 0);
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
