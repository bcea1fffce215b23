// What a NATS server sends, divided: messages of diverted subscriptions go to who hears them, the rest to the library.
//
// The library joins each message out of what the socket read in buffers that grow, some three times its bytes, which
// then lie about as garbage: collecting it took half of a coordinator's time. Here a message is a view into what was
// read, or is put together in one buffer that is used again and again.

/** `payload` is borrowed until it returns. */
export type Diverted = (subject: string, payload: Buffer) => void;

const NEWLINE = 0x0a;
/** After each payload: CR and LF. */
const END_BYTES = 2;
const NOTHING = Buffer.alloc(0);

export class Splitter {
  readonly #diverted = new Map<string, Diverted>();
  readonly #rest: (bytes: Buffer) => void;
  /** The beginning of a line whose end was not read yet. */
  #line: Buffer = NOTHING;
  /** The message that is being read; its bytes are in `#scratch` when they come in pieces. */
  #message: Header | null = null;
  #scratch: Buffer = NOTHING;
  #filled = 0;
  /** Bytes that belong to the library, or to nobody: the end of a payload. */
  #passBytes = 0;
  #skipBytes = 0;

  /** `rest` gets copies of all that is not diverted, in order and in pieces. */
  constructor(rest: (bytes: Buffer) => void) {
    this.#rest = rest;
  }

  /** From now on messages of this subscription go to `hear`; those with headers, or nothing in them, go on to the rest. */
  divert(subscription: number, hear: Diverted): void {
    this.#diverted.set(String(subscription), hear);
  }

  /** Takes what the socket has read; borrowed until it returns. */
  feed(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, bytes.length - at);
        this.#skipBytes -= skipped;
        at += skipped;
      } else if (this.#passBytes > 0) {
        const passed = bytes.subarray(at, at + this.#passBytes);
        this.#passBytes -= passed.length;
        this.#rest(Buffer.from(passed));
        at += passed.length;
      } else if (this.#message) at = this.#readPayload(this.#message, bytes, at);
      else at = this.#readLine(bytes, at);
    }
  }

  /** Returns where the payload, or what is here of it, ends. */
  #readPayload(message: Header, bytes: Buffer, at: number): number {
    const { sizeBytes } = message;
    const end = Math.min(bytes.length, at + sizeBytes - this.#filled);
    if (this.#filled === 0 && end - at === sizeBytes) this.#tell(message, bytes.subarray(at, end));
    else {
      if (this.#scratch.length < sizeBytes) this.#scratch = Buffer.allocUnsafeSlow(sizeBytes);
      bytes.copy(this.#scratch, this.#filled, at, end);
      this.#filled += end - at;
      if (this.#filled === sizeBytes) this.#tell(message, this.#scratch.subarray(0, sizeBytes));
    }
    return end;
  }

  #tell({ hear, subject }: Header, payload: Buffer): void {
    this.#message = null;
    this.#filled = 0;
    this.#skipBytes = END_BYTES;
    hear(subject, payload);
  }

  /** Returns where the line, or what is here of it, ends. */
  #readLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline === -1 ? bytes.length : newline + 1;
    const piece = bytes.subarray(at, end);
    const line = this.#line.length === 0 ? piece : Buffer.concat([this.#line, piece]);
    if (newline === -1) this.#line = Buffer.from(line);
    else {
      this.#line = NOTHING;
      this.#understand(line);
    }
    return end;
  }

  /** `MSG <subject> <subscription> [reply] <size>`, or something else that is the library's. */
  #understand(line: Buffer): void {
    const words = isMessage(line)
      ? line
          .toString("latin1")
          .trim()
          .split(/[ \t]+/)
      : [];
    const sizeBytes = Number(words.at(-1));
    const hear = this.#diverted.get(words[2]);
    if (words[0] === "MSG" && hear && sizeBytes > 0) this.#message = { hear, subject: words[1], sizeBytes };
    else {
      if (words.length > 0 && Number.isSafeInteger(sizeBytes)) this.#passBytes = sizeBytes + END_BYTES;
      this.#rest(Buffer.from(line));
    }
  }
}

interface Header {
  readonly hear: Diverted;
  readonly subject: string;
  readonly sizeBytes: number;
}

/** `MSG` or, with headers, `HMSG`: a payload follows. */
function isMessage(line: Buffer): boolean {
  return line[0] === 0x4d || (line[0] === 0x48 && line[1] === 0x4d);
}
