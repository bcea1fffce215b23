// Text files from editors and shells of every kind: UTF-8 and UTF-16, with a byte order mark or without.

/**
 * The text of a file, without its byte order mark. UTF-16, as PowerShell's `>` writes it, is told by its mark or by the
 * zeros that half of the bytes of plain text are.
 *
 * @throws Error when it is no text, with the reason as the rest of a sentence
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes); // leaves the mark out
  } catch (cause) {
    throw new Error(`it is no text: its bytes are no ${encoding.toUpperCase()}; save it as UTF-8`, { cause });
  }
  if (text.includes("\0")) throw new Error("it is no text: it has bytes of 0; save it as UTF-8");
  return text;
}

function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // a file begins with a plain character, such as { or a letter
  if (bytes.length >= 2 && second === 0 && first !== 0) return "utf-16le";
  if (bytes.length >= 2 && first === 0 && second !== 0) return "utf-16be";
  return "utf-8";
}
