// Parses what a NATS server sends: packets of our subscriptions go to their handlers, everything else to the library.
//
// The library assembles each message in growing buffers, about three times its size in all, and collecting that garbage
// takes longer than everything else. Here the socket reads into one buffer again and again, and a packet is a view of it.

/** `payload` is borrowed until it returns. */
export type PacketHandler = (subject: string, payload: Buffer) => void;

/** Room for a few of our largest packets; it grows if the server sends larger ones. */
const MEMORY_BYTES = 1024 * 1024;
/** Every read may be at least this large. */
const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
/** CR and LF, after each payload. */
const END_BYTES = 2;

export class Parser {
  readonly #handlers = new Map<string, PacketHandler>();
  readonly #rest: (bytes: Buffer) => void;
  #memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  /** What was read and not yet parsed is from #start to #end: a packet waits until it is complete. */
  #start = 0;
  #end = 0;
  /** How many of the next bytes go to the library. */
  #passBytes = 0;

  /** `rest` gets copies of everything that has no handler, in order and in pieces. */
  constructor(rest: (bytes: Buffer) => void) {
    this.#rest = rest;
  }

  /** From now on messages of this subscription go to `handler`, except empty ones and those with headers. */
  handle(subscription: number, handler: PacketHandler): void {
    this.#handlers.set(String(subscription), handler);
  }

  /** Memory to read into, before `parse`. */
  space(): Buffer {
    const unparsedBytes = this.#end - this.#start;
    if (unparsedBytes === 0 || this.#memory.length - this.#end < READ_BYTES) {
      const fits = unparsedBytes + READ_BYTES <= this.#memory.length;
      const memory = fits ? this.#memory : Buffer.allocUnsafeSlow(2 * this.#memory.length);
      this.#memory.copy(memory, 0, this.#start, this.#end);
      [this.#memory, this.#start, this.#end] = [memory, 0, unparsedBytes];
    }
    return this.#memory.subarray(this.#end);
  }

  /** Parses `sizeBytes` bytes that were read into `space()`. */
  parse(sizeBytes: number): void {
    this.#end += sizeBytes;
    while (this.#start < this.#end) {
      const bytes = this.#memory.subarray(this.#start, this.#end);
      if (this.#passBytes > 0) this.#pass(bytes.subarray(0, this.#passBytes));
      else if (!this.#parseMessage(bytes)) return;
    }
  }

  /** Parses bytes that were read into other memory, by copying them. */
  feed(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const copiedBytes = bytes.copy(this.space(), 0, at);
      this.parse(copiedBytes);
      at += copiedBytes;
    }
  }

  #pass(bytes: Buffer): void {
    this.#start += bytes.length;
    this.#passBytes -= bytes.length;
    this.#rest(Buffer.from(bytes));
  }

  /** Takes the next line, and the payload where one follows; false if they are not complete yet. */
  #parseMessage(bytes: Buffer): boolean {
    const lineBytes = bytes.indexOf(NEWLINE) + 1;
    if (lineBytes === 0) return false;
    const words = isMessage(bytes)
      ? bytes
          .toString("latin1", 0, lineBytes)
          .trim()
          .split(/[ \t]+/)
      : [];
    const payloadBytes = Number(words.at(-1));
    const handler = words[0] === "MSG" && payloadBytes > 0 ? this.#handlers.get(words[2]) : undefined;
    const messageBytes = lineBytes + (words.length > 0 ? payloadBytes + END_BYTES : 0);
    if (!handler) this.#passBytes = messageBytes;
    else if (bytes.length < messageBytes) return false;
    else {
      this.#start += messageBytes;
      handler(words[1], bytes.subarray(lineBytes, lineBytes + payloadBytes));
    }
    return true;
  }
}

/** `MSG <subject> <subscription> [reply] <size>` or, with headers, `HMSG …`: a payload follows. */
function isMessage(line: Buffer): boolean {
  return line[0] === 0x4d || (line[0] === 0x48 && line[1] === 0x4d);
}
