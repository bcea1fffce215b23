// Provisions libtensorflow: fetches it, builds the binding, tries it, and puts both where the engine looks.
import { existsSync, readdirSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { makeFolder } from "../../../shared/make-folder.ts";
import {
  BINDING_FILE,
  BINDING_REVISION,
  INSTALLED_FILE,
  type Installation,
  type Installed,
  findTensorflow,
  tfjsNodePackage,
} from "../../../worker/engine/tensorflow/installation.ts";
import { buildBinding } from "./binding.ts";
import type { Library } from "./library.ts";
import { type Source, describeSource, fetchLibrary } from "./sources.ts";
import { runTool } from "./tool.ts";

export interface ProvisionOptions {
  readonly source: Source;
  /** Where the engine will look for it. */
  readonly folder: string;
  readonly nodeHeaders?: string;
  readonly say: (sentence: string) => void;
}

/**
 * Everything is made in a folder beside the final one, which takes its place when the binding has been loaded once:
 * an interrupted or failed attempt leaves what was there before.
 *
 * @throws GanglionError ENGINE with the remedy
 */
export async function provisionTensorflow(options: ProvisionOptions): Promise<Installation> {
  const { source, folder, say } = options;
  refuseOtherSystems();
  refuseForeign(folder);
  const partial = `${folder}.partial-${process.pid}`;
  const { folder: package_, version } = tfjsNodePackage();
  try {
    await makeFolder(partial).catch((cause: unknown) => {
      throw new GanglionError(
        "ENGINE",
        `cannot make ${folder}: ${messageOf(cause)}; name another folder in GANGLION_TENSORFLOW`,
        { cause },
      );
    });
    const library = await fetchLibrary(source, partial, say);
    const binding = join(partial, BINDING_FILE);
    say("compiling the binding");
    await buildBinding({
      package: package_,
      library,
      runPath: runPathOf(source, library, partial),
      output: binding,
      ...(options.nodeHeaders !== undefined && { nodeHeaders: options.nodeHeaders }),
    });
    const installed: Installed = {
      tensorflow: await versionOf(binding),
      package: version,
      source: describeSource(source),
      revision: BINDING_REVISION,
    };
    await writeFile(join(partial, INSTALLED_FILE), `${JSON.stringify(installed, null, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return findTensorflow(folder);
}

/** What is set up already, or null; a broken or outdated installation counts as none. */
export function provisioned(folder: string): Installation | null {
  if (!existsSync(join(folder, INSTALLED_FILE))) return null;
  try {
    return findTensorflow(folder);
  } catch (error) {
    if (error instanceof GanglionError) return null; // made anew
    throw error;
  }
}

function refuseOtherSystems(): void {
  if (process.platform === "linux" && ["x64", "arm64"].includes(arch())) return;
  throw new GanglionError(
    "ENGINE",
    `ganglion setup tensorflow knows Linux on x64 and arm64, not ${process.platform} ${arch()}: the npm package's own script may do, npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false --foreground-scripts`,
  );
}

/** The folder is replaced as a whole: never one that holds something else. */
function refuseForeign(folder: string): void {
  if (!existsSync(folder) || existsSync(join(folder, INSTALLED_FILE)) || readdirSync(folder).length === 0)
    return;
  throw new GanglionError(
    "ENGINE",
    `${folder} holds something that is no libtensorflow set up by ganglion: name an empty or new folder in GANGLION_TENSORFLOW`,
  );
}

/** Libraries that were fetched move together with the addon; those of the user's folder stay where they are. */
function runPathOf(source: Source, { libraries }: Library, partial: string): string {
  const place = dirname(libraries[0]);
  return source.kind === "folder" ? place : place.replace(partial, "$ORIGIN");
}

/** Loads the addon in a process of its own: a library that does not fit ends that process, not this one. */
async function versionOf(binding: string): Promise<string> {
  const output = await runTool({
    command: process.execPath,
    arguments: ["-p", "require(process.argv[1]).TF_Version", binding],
    environment: { CUDA_VISIBLE_DEVICES: "-1" },
    purpose: "load the binding that was built",
    remedy: "this libtensorflow does not run on this machine: try another --tensorflow version",
  });
  return output.trim();
}
