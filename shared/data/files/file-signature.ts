// What a file really is, by its first bytes, where another format was expected: downloads often go wrong.

export interface Signature {
  /** As in "it is …". */
  readonly what: string;
  /** What the user does about it. */
  readonly remedy: string;
}

/** Names what bytes are that begin like `head`, or null: not known. It looks at up to 512 bytes. */
export function findSignature(head: Uint8Array): Signature | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, MOST_BYTES));
  const latin = bytes.toString("latin1");
  const binary = BINARY.find(({ at = 0, magic }) => latin.startsWith(magic, at));
  if (binary) return { what: binary.what, remedy: binary.remedy ?? UNPACK };
  const text = textOf(bytes);
  if (text === null) return null;
  const known = TEXTS.find(({ begins }) => begins.test(text));
  const excerpt = text
    .slice(0, EXCERPT)
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .trim();
  return {
    what: `${known?.what ?? "text"} (${excerpt}${text.length > EXCERPT ? "…" : ""})`,
    remedy: known?.remedy ?? "download the file itself",
  };
}

const MOST_BYTES = 512;
const EXCERPT = 80;
const UNPACK = "unpack it, and give what is inside";
const ITSELF = "give its path itself";
const ITS_FOLDER = "give the folder of the pictures";
const AS_NUMPY =
  "save its arrays for NumPy, such as np.savez(file, images=images, labels=labels), and give that file";

const BINARY: readonly { magic: string; at?: number; what: string; remedy?: string }[] = [
  { magic: "PK\x03\x04", what: "a zip archive" },
  { magic: "PK\x05\x06", what: "an empty zip archive", remedy: "download it again" },
  { magic: "BZh", what: "compressed with bzip2" },
  { magic: "\xfd7zXZ\0", what: "compressed with xz" },
  { magic: "\x28\xb5\x2f\xfd", what: "compressed with zstd" },
  { magic: "\x1f\x9d", what: "compressed with compress (.Z)" },
  { magic: "\x04\x22\x4d\x18", what: "compressed with lz4" },
  { magic: "7z\xbc\xaf\x27\x1c", what: "a 7z archive" },
  { magic: "Rar!", what: "a RAR archive" },
  { magic: "ustar", at: 257, what: "a tar archive" },
  { magic: "\x93NUMPY", what: "a NumPy array", remedy: ITSELF },
  { magic: "PAR1", what: "a Parquet file", remedy: ITSELF },
  { magic: "\x89HDF\r\n", what: "an HDF5 file", remedy: AS_NUMPY },
  ...["\x02", "\x03", "\x04", "\x05"].map((protocol) => ({
    magic: `\x80${protocol}`,
    what: "a Python pickle, which could run anything as it is loaded",
    remedy: AS_NUMPY,
  })),
  { magic: "\x89PNG\r\n\x1a\n", what: "a PNG picture", remedy: ITS_FOLDER },
  { magic: "\xff\xd8\xff", what: "a JPEG picture", remedy: ITS_FOLDER },
  { magic: "GIF8", what: "a GIF picture", remedy: ITS_FOLDER },
  { magic: "%PDF-", what: "a PDF document", remedy: "download the file itself" },
];

const TEXTS: readonly { begins: RegExp; what: string; remedy: string }[] = [
  {
    begins: /^version https:\/\/git-lfs/,
    what: "a pointer of Git LFS, not the file it stands for",
    remedy: "fetch the file with git lfs pull",
  },
  {
    begins: /^(\.\.\/)*\.?(\/?annex|git\/annex)\//,
    what: "a pointer of git-annex, not the file it stands for",
    remedy: "fetch the file with git annex get",
  },
  {
    begins: /^<(!doctype\s+html|html|head|body|!--|script|meta)/i,
    what: "a web page",
    remedy: "download the file itself, not the page that leads to it",
  },
  {
    begins: /^<(\?xml|[a-z])/i,
    what: "XML, as a server sends with an error",
    remedy: "download the file itself",
  },
  {
    begins: /^"?(label|class|pixel_?\d+)"?[,;\t]/i,
    what: "a table of pixels as text",
    remedy: AS_NUMPY,
  },
  {
    begins: /^[{[]/,
    what: "JSON, as a server sends with an error",
    remedy: "download the file itself",
  },
];

/** The bytes as text, trimmed; null where they are none, or none that anybody would read. */
function textOf(bytes: Buffer): string | null {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const whole = isUtf16 ? bytes.toString("utf16le", 2) : bytes.toString("utf8");
  const text = whole
    .replace(/\uFFFD{1,3}$/, "")
    .replace(/^\uFEFF/, "")
    .trim(); // the last character may be cut
  return text === "" || /[\p{Cc}\uFFFD]/u.test(text.replaceAll(/\s/g, "")) ? null : text;
}
