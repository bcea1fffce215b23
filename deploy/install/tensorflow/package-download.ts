// libtensorflow from where tfjs-node-gpu's own install script gets it; mirrors are named by the variables of that script.
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GanglionError } from "../../../shared/errors.ts";
import { createHttpClient, networkReasonOf } from "../../../shared/http/client.ts";
import type { TensorflowDevice } from "../../../worker/engine/tensorflow/installation.ts";
import { runTool } from "./tool.ts";

type Say = (sentence: string) => void;

const require = createRequire(import.meta.url);

/** Leaves `folder/tensorflow`. */
export async function fetchPackageDownload(
  device: TensorflowDevice,
  folder: string,
  say: Say,
): Promise<void> {
  const url = packageDownloadUrl(device);
  const archive = join(folder, "libtensorflow.tar.gz");
  const remedy =
    "where that host cannot be reached, leave --from out (the Python package index has it too), or give --libtensorflow FOLDER";
  say(`downloading ${url}`);
  try {
    await download(url, archive, say);
  } catch (cause) {
    throw new GanglionError("ENGINE", `cannot download ${url}: ${networkReasonOf(cause)}; ${remedy}`, {
      cause,
    });
  }
  say("unpacking libtensorflow");
  await mkdir(join(folder, "tensorflow"));
  await runTool({
    command: "tar",
    arguments: ["-xzf", archive, "-C", join(folder, "tensorflow")],
    purpose: `unpack ${archive}`,
    remedy: "it needs the program tar",
  });
  await rm(archive);
}

export function packageDownloadUrl(
  device: TensorflowDevice,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const { LIBTENSORFLOW_VERSION: version } =
    require("@tensorflow/tfjs-node-gpu/scripts/deps-constants.js") as { LIBTENSORFLOW_VERSION: string };
  const host = environment["TFJS_NODE_CDN_STORAGE"] || "https://storage.googleapis.com/";
  if (arch() === "arm64") return `${host}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`;
  const base = environment["TFJS_NODE_BASE_URI"] || `${host}tensorflow/libtensorflow/libtensorflow-`;
  return `${base}${device === "cuda" ? "gpu" : "cpu"}-linux-x86_64-${version}.tar.gz`;
}

/** Through the proxy that the environment names, where it names one. */
async function download(url: string, file: string, say: Say): Promise<void> {
  const client = await createHttpClient();
  try {
    const answer = await client.get(url);
    if (answer.status !== 200) throw new Error(`the host answered ${answer.status}`);
    const total = Number(answer.header("content-length"));
    let received = 0;
    let reportedAt = performance.now();
    const progress = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        if (performance.now() - reportedAt > 5000) {
          reportedAt = performance.now();
          say(`  ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""}`);
        }
        done(null, chunk);
      },
    });
    await pipeline(Readable.from(answer.body), progress, createWriteStream(file));
  } finally {
    await client.close();
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
