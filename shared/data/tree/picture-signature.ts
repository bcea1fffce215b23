// Pictures known by their first bytes.

/** So many bytes tell. */
export const SIGNATURE_BYTES = 16;

/** The kinds that are read, as they stand in a sentence. */
export const PICTURE_KINDS = "PNG, JPEG, WebP, GIF, AVIF or TIFF";

/** Whether a file that begins with these bytes is PNG, JPEG, WebP, GIF, AVIF or TIFF. */
export function beginsLikePicture(head: Uint8Array): boolean {
  const latin = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString(
    "latin1",
    0,
    SIGNATURE_BYTES,
  );
  return SIGNATURES.some((parts) => parts.every(({ at = 0, magic }) => latin.startsWith(magic, at)));
}

const SIGNATURES: readonly (readonly { readonly at?: number; readonly magic: string }[])[] = [
  [{ magic: "\x89PNG\r\n\x1a\n" }],
  [{ magic: "\xff\xd8\xff" }], // JPEG
  [{ magic: "RIFF" }, { at: 8, magic: "WEBP" }],
  [{ magic: "GIF87a" }],
  [{ magic: "GIF89a" }],
  [{ at: 4, magic: "ftypavif" }],
  [{ at: 4, magic: "ftypavis" }], // AVIF of several pictures
  [{ magic: "II*\0" }], // TIFF, in either byte order
  [{ magic: "MM\0*" }],
  [{ magic: "II+\0" }], // BigTIFF
  [{ magic: "MM\0+" }],
];
