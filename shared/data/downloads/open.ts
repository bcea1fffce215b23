// Opens a named data set: its files are downloaded where they are missing, and read by their own format.
import { join } from "node:path";
import { cifar } from "../cifar/cifar.ts";
import type { Split } from "../dataset.ts";
import type { OpenOptions } from "../format.ts";
import { idx } from "../idx/idx.ts";
import type { ImageSource } from "../source.ts";
import type { NamedDataset } from "./catalog.ts";
import { type ProvideOptions, provideFiles } from "./provide.ts";

/** @throws GanglionError DATA when it cannot be downloaded, and what the format throws */
export async function openDownload(
  dataset: NamedDataset,
  split: Split,
  options: OpenOptions & ProvideOptions,
): Promise<ImageSource> {
  const folder = await provideFiles(dataset, options);
  const source = await openFiles(dataset, folder, split, options);
  return { ...source, classNames: source.classNames ?? dataset.classNames };
}

async function openFiles(
  { kind, files }: NamedDataset,
  folder: string,
  split: Split,
  options: OpenOptions,
): Promise<ImageSource> {
  switch (kind) {
    case "idx":
      return await idx.open(folder, split, options);
    case "cifar":
      return await cifar.open(join(folder, files[0].name), split, options);
    default:
      return kind satisfies never;
  }
}
