// The built page: the files that `npm run build` makes of page/, as they are served.
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** One file of the page, read once. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  /** Of the content, in quotes. */
  readonly etag: string;
  /** Its name holds the hash of its content, so that it never changes under this name. */
  readonly isHashed: boolean;
}

/** By path: `/` and `/assets/<name>-<hash>.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Only scripts, styles, pictures and sockets of this server; nothing inline, and nobody may frame the page. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** From the sources (in tests) it is the one under dist, too. */
export const PAGE_FOLDER = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../dist/coordinator/dashboard/page" : "./page",
    import.meta.url,
  ),
);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** Empty where nothing is built. */
export async function readPage(folder: string = PAGE_FOLDER): Promise<PageFiles> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const served = names.map((name) => name.replaceAll("\\", "/")).filter((name) => extname(name) in TYPES);
  const files = await Promise.all(
    served.map(async (name): Promise<[string, PageFile]> => {
      const bytes = await readFile(join(folder, name));
      return [name === "index.html" ? "/" : `/${name}`, await pageFile(name, bytes)];
    }),
  );
  return new Map(files);
}

async function pageFile(name: string, bytes: Buffer): Promise<PageFile> {
  return {
    type: TYPES[extname(name)],
    bytes,
    gzipped: await promisify(gzip)(bytes, { level: 9 }),
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
    isHashed: name.startsWith("assets/"),
  };
}
