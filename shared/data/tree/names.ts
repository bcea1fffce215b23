// What a file's name says of it, before anything of it is read.
import { isUtf8 } from "node:buffer";

/** Files and folders that systems and programs leave beside people's own; nobody means them. */
export function isHiddenName(name: string): boolean {
  return name.startsWith(".") || SYSTEM_NAMES.has(name.toLowerCase());
}

/** `Icon\r` is how macOS keeps a folder's icon. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  "thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  "__macosx",
  "@eadir",
  "#recycle",
  "$recycle.bin",
  "system volume information",
  "lost+found",
  "icon\r",
]);

/** The path up to its first hidden component; null where none is hidden. */
export function hiddenPart(path: string): string | null {
  const components = path.split("/");
  const hidden = components.findIndex(isHiddenName);
  return hidden < 0 ? null : components.slice(0, hidden + 1).join("/");
}

/** Whether the name claims a picture of a kind that is read. */
export function isPictureName(name: string): boolean {
  return /\.(?:png|apng|jpe?g|jpe|jfif|webp|gif|avif|tiff?)$/i.test(name);
}

export function isSvgName(name: string): boolean {
  return /\.svgz?$/i.test(name);
}

/** Whether the name claims a picture of a kind that is not read. */
export function isUnreadPictureName(name: string): boolean {
  return /\.(?:bmp|dib|heic|heif|jxl|jp2|j2k|jpx|psd|ico|tga|exr|hdr|p[bgpn]m|dds|xcf|raw|dng|cr2|cr3|nef|arw|orf|rw2|raf)$/i.test(
    name,
  );
}

export function isArchiveName(name: string): boolean {
  return /\.(?:zip|tar|tgz|tbz2?|txz|tar\.\w+|7z|rar)$/i.test(name);
}

/**
 * Whether the name is one that files of labels have: `labels.csv`, `annotations.json`, Hugging Face's `metadata.jsonl`,
 * Kaggle's `train.csv`.
 */
export function isLabelsName(name: string): boolean {
  return (
    (/\.(?:csv|tsv|jsonl?|txt|xml|ya?ml|npy|mat|parquet)$/i.test(name) && LABELS_WORDS.test(name)) ||
    (/\.(?:csv|tsv|jsonl)$/i.test(name) && SPLIT_WORDS.test(name))
  );
}

const LABELS_WORDS =
  /(?:^|[-_. ])(?:labels?|annotations?|metadata|class(?:es)?|targets?|attributes?|attr|dataset)(?=[-_. ])/i;
const SPLIT_WORDS = /(?:^|[-_. ])(?:train(?:ing)?|test(?:ing)?|val|valid|validation)(?=[-_. ])/i;

/** The last component of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A name as text: UTF-8, or Latin-1 where it is none, so that different names stay different. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(isUtf8(buffer) ? "utf8" : "latin1");
}
