// Opens CIFAR-10 or CIFAR-100: labels and class names are read at once, pixels as they are taken.
import { GanglionError, messageOf } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { sharedLabels } from "../shared-memory.ts";
import type { ImageSource } from "../source.ts";
import { sortedByPath } from "../tree/path-order.ts";
import { type NamedContent, openFiles } from "./files.ts";
import { findCifar } from "./find.ts";
import { CIFAR_SHAPE, labelBytesOf, recordBytesOf, roleOf } from "./names.ts";
import { imagesOf, labelsOf } from "./records.ts";

/**
 * Files in the order of their names: `data_batch_1.bin` … `data_batch_5.bin`.
 *
 * @throws GanglionError DATA: a version that is not the binary one, no such split, damaged, or a label that is no class
 */
export async function openCifar(source: string, split: Split): Promise<ImageSource> {
  const place = await findCifar(source);
  if (!place) throw new GanglionError("DATA", `${source} holds no CIFAR files: give the binary version`);
  if (place.kind === "foreign")
    throw new GanglionError(
      "DATA",
      `${source} is CIFAR's ${place.version} version, ${place.version === "Python" ? "whose files are pickled objects that could run anything as they are read" : "which is not read"}: download the binary version (cifar-10-binary.tar.gz or cifar-100-binary.tar.gz from the same page), and give that file`,
    );
  const files = openFiles(place);
  try {
    const { classes, labels, classNames } = await readLabels(source, files.all(), split);
    const names = sortedByPath([...labels.keys()], (name) => name);
    const values = names.flatMap((name) => labels.get(name)!);
    const isMany = classes === 100;
    return {
      format: `CIFAR-${classes} data set`,
      identity: ["cifar", split, ...(await files.identity())],
      labels: sharedLabels(values),
      classNames,
      notes: isMany ? ["the labels are CIFAR-100's 100 fine ones; its 20 coarse ones are not read"] : [],
      warnings: [],
      content: {
        kind: "pixels",
        count: values.length,
        imageShape: CIFAR_SHAPE,
        async *pixels() {
          try {
            for await (const { content } of files.inOrder(names))
              yield* imagesOf(content, labelBytesOf(classes));
          } catch (cause) {
            throw damaged(source, cause);
          }
        },
      },
    };
  } catch (cause) {
    throw damaged(source, cause);
  }
}

interface ReadLabels {
  readonly classes: 10 | 100;
  /** By the name of their file. */
  readonly labels: ReadonlyMap<string, readonly number[]>;
  readonly classNames: readonly string[] | null;
}

async function readLabels(
  source: string,
  files: AsyncIterable<NamedContent>,
  split: Split,
): Promise<ReadLabels> {
  const labels = new Map<string, readonly number[]>();
  const lists = new Map<10 | 100, readonly string[]>();
  const found: string[] = [];
  let classes: 10 | 100 | null = null;
  for await (const { name, size, content } of files) {
    const role = roleOf(name);
    found.push(name);
    if (role?.kind === "names") lists.set(role.classes, await readNames(content));
    if (role?.kind !== "records" || role.split !== split) continue;
    if (classes !== null && classes !== role.classes)
      throw new GanglionError(
        "DATA",
        `${source} has the files of CIFAR-10 and CIFAR-100 in one folder: put each into a folder of its own`,
      );
    classes = role.classes;
    const record = recordBytesOf(classes);
    if (size === 0 || size % record !== 0)
      throw new GanglionError(
        "DATA",
        `${name} in ${source} has ${size} bytes, which is no multiple of the ${record} bytes of an image and its label: it is truncated, download or copy it again`,
      );
    labels.set(name, await labelsOf(content, { classes, name, source }));
  }
  if (classes === null)
    throw new GanglionError(
      "DATA",
      `${source} has no ${split} images: put ${split === "train" ? "data_batch_1.bin to data_batch_5.bin" : "test_batch.bin"} (CIFAR-10) or ${split}.bin (CIFAR-100) there; it holds ${found.join(", ")}`,
    );
  const names = lists.get(classes) ?? null;
  return { classes, labels, classNames: names?.length === classes ? names : null };
}

async function readNames(content: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  const lines = Buffer.concat(pieces).toString().split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function damaged(source: string, cause: unknown): GanglionError {
  if (cause instanceof GanglionError) return cause;
  return new GanglionError(
    "DATA",
    `${source} cannot be read (${messageOf(cause)}): download or copy it again`,
    { cause },
  );
}
