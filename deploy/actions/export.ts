// `ganglion export`: trained networks for other programs.
import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { ExportFlags } from "../export/formats.ts";
import { weightsText } from "../export/describe.ts";
import { onnxOf } from "../export/onnx/export-onnx.ts";
import { LAYERS_MODEL_FILES, writeLayersModel } from "../export/layers-model/export-layers-model.ts";
import { placeFor, writeFolder, writeWhole } from "../export/places.ts";
import { safetensorsOf } from "../export/safetensors/export-safetensors.ts";
import { type ExportSource, networkOf, withSource } from "../export/source.ts";
import { WEB_FILES, writeWebPage } from "../export/web/export-web.ts";
import { complain, say } from "../terminal/output.ts";

export async function exportRun(named: string, flags: ExportFlags): Promise<void> {
  checkFlags(flags);
  await withSource({ ...flags, named, warn }, (source) => write(source, flags));
}

function write(source: ExportSource, flags: ExportFlags): Promise<void> {
  switch (flags.format) {
    case "onnx":
      return writeOnnx(source, flags);
    case "layers-model":
      return writeLayersModels(source, flags);
    case "safetensors":
      return writeSafetensors(source, flags);
    case "web":
      return writeWeb(source, flags);
    default:
      return flags.format satisfies never;
  }
}

async function writeOnnx(source: ExportSource, flags: ExportFlags): Promise<void> {
  const networks = networksOf(source, flags);
  for (const network of networks) {
    const { bytes, inputs, outputs } = await onnxOf(source, network, flags.batch);
    const file = await fileFor(source, flags, { network, extension: ".onnx", alone: networks.length === 1 });
    await writeWhole(file, bytes);
    const ports = [...inputs, ...outputs].map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
    tell(source, [network], `${file}: ${ports.join(", ")}`);
  }
}

async function writeSafetensors(source: ExportSource, flags: ExportFlags): Promise<void> {
  const networks = networksOf(source, flags);
  const name = networks.length === 1 ? networks[0] : "networks";
  const file = await fileFor(source, flags, { network: name, extension: ".safetensors", alone: true });
  if (file === source.file)
    throw new GanglionError("USAGE", `--out ${file} is the checkpoint itself: name another file`);
  await writeWhole(file, await safetensorsOf(source, networks));
  tell(source, networks, file);
}

async function writeLayersModels(source: ExportSource, flags: ExportFlags): Promise<void> {
  const networks = networksOf(source, flags);
  for (const network of networks) {
    const base =
      flags.out ?? placeFor(originOf(source), "exported", flags.network === "all" ? "networks" : network);
    const folder = networks.length === 1 ? base : join(base, network);
    await writeFolder(
      folder,
      (name) => LAYERS_MODEL_FILES.has(name),
      (temporary) => writeLayersModel(source, network, temporary, warn),
    );
    tell(source, [network], join(folder, "model.json"));
  }
}

async function writeWeb(source: ExportSource, flags: ExportFlags): Promise<void> {
  networkOf(source, "generator");
  const folder = flags.out ?? placeFor(originOf(source), "exported", "web");
  const isOurs = (name: string): boolean => WEB_FILES.has(name);
  await writeFolder(folder, isOurs, (temporary) => writeWebPage(source, temporary));
  tell(source, ["generator"], `${join(folder, "index.html")}: open it in a browser`);
}

interface FileChoice {
  readonly network: string;
  readonly extension: string;
  /** Whether it is the only file. */
  readonly alone: boolean;
}

/** `--out` names a file by its ending, or a folder. */
async function fileFor(
  source: ExportSource,
  { out, format }: ExportFlags,
  { network, extension, alone }: FileChoice,
): Promise<string> {
  const name = `${network}${extension}`;
  if (out === undefined) return placeFor(originOf(source), "exported", name);
  const isFolder = await stat(out).then((found) => found.isDirectory(), () => false); // prettier-ignore
  if (isFolder || extname(out) === "") return join(out, name);
  if (extname(out).toLowerCase() !== extension)
    throw new GanglionError(
      "USAGE",
      `--out ${out} is no ${format} file by its name: end it in ${extension}, or name a folder`,
    );
  if (alone) return out;
  throw new GanglionError("USAGE", `--out ${out} is one file, and --network all makes two: name a folder`);
}

function networksOf(source: ExportSource, { network }: ExportFlags): readonly NetworkName[] {
  if (network === "all") return Object.keys(source.trained.networks) as NetworkName[];
  return [networkOf(source, network)];
}

/** What contradicts itself is refused before anything is read. */
function checkFlags({ format, batch, network }: ExportFlags): void {
  const refuse = (what: string): never => {
    throw new GanglionError("USAGE", what);
  };
  if (batch !== undefined && format !== "onnx")
    refuse(
      `--batch ${batch} is for --format onnx, and ${format} files are for any number of images: leave it out`,
    );
  if (format === "web" && network !== undefined && network !== "generator")
    refuse(`--network ${network}: a page draws with the generator alone, leave it out`);
}

function originOf({ file, run, checkpoint }: ExportSource): {
  readonly file: string;
  readonly run: ExportSource["run"];
  readonly step: number;
} {
  return { file, run, step: checkpoint.step };
}

function tell(source: ExportSource, networks: readonly NetworkName[], where: string): void {
  const told = networks.map((network) => `${network} (${weightsText(source, network)})`);
  say(`${told.join(" and ")} of step ${source.checkpoint.step} in ${where}`);
}

function warn(message: string): void {
  complain(`warning: ${message}`);
}
