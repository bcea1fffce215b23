// What the server sends is parsed, wherever the reads of the socket cut it.
import { describe, expect, test } from "vitest";
import { Parser } from "../../../../../../shared/transport/nats/client/parser.ts";

/** One read of the socket after the other, each of `readBytes`; the last may be smaller. */
function readsOf(stream: string, readBytes: number): Buffer[] {
  const bytes = Buffer.from(stream, "latin1");
  return Array.from({ length: Math.ceil(bytes.length / readBytes) }, (_, i) =>
    Buffer.from(bytes.subarray(i * readBytes, (i + 1) * readBytes)),
  );
}

/** As a socket does: it reads into the parser's memory. */
function read(parser: Parser, bytes: Buffer): void {
  parser.parse(bytes.copy(parser.space()));
}

/** Subscription 7 has a handler, 8 has none. */
const PIECES: readonly (readonly ["heard" | "rest", string])[] = [
  ["rest", 'INFO {"max_payload":1048576}\r\n'],
  ["rest", "PONG\r\n"],
  ["heard", "MSG a.b 7 11\r\nMSG x 8 3\r\n\r\n"], // its payload looks like a message
  ["rest", "MSG a.b 8 5\r\nMSG 7\r\n"],
  ["heard", "MSG a.c 7 1\r\n\n\r\n"],
  ["rest", "PING\r\n"],
  ["rest", "HMSG a.b 7 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"],
  ["rest", "MSG a.b 7 0\r\n\r\n"],
  ["heard", "MSG a.d 7 _INBOX.me.1 4\r\nword\r\n"],
  ["rest", "-ERR 'Permissions Violation for Subscription to \"MSG 7\"'\r\n"],
  ["rest", "+OK\r\n"],
];
const STREAM = PIECES.map(([, text]) => text).join("");
const REST = PIECES.flatMap(([to, text]) => (to === "rest" ? [text] : [])).join("");

describe("what a NATS server sends", () => {
  test.each(["read into its memory", "copied"] as const)(
    "is divided into packets and the rest, wherever the reads of a socket cut it (%s)",
    (how) => {
      for (let readBytes = 1; readBytes <= STREAM.length; readBytes++) {
        const heard: [string, string][] = [];
        const rest: Buffer[] = [];
        const parser = new Parser((bytes) => rest.push(bytes));
        parser.handle(7, (subject, payload) => heard.push([subject, payload.toString("latin1")]));
        for (const bytes of readsOf(STREAM, readBytes)) {
          if (how === "copied") parser.feed(bytes);
          else read(parser, bytes);
          bytes.fill(0xff); // the next is read into the same memory
        }
        expect(heard, `reads of ${readBytes}`).toEqual([
          ["a.b", "MSG x 8 3\r\n"],
          ["a.c", "\n"],
          ["a.d", "word"],
        ]);
        expect(Buffer.concat(rest).toString("latin1"), `reads of ${readBytes}`).toBe(REST);
      }
    },
  );

  test("is read into one buffer again and again, which grows for a larger packet", () => {
    const lent: Buffer[] = [];
    const parser = new Parser(() => undefined);
    const first = parser.space();
    parser.handle(7, (_subject, payload) => {
      expect(payload.every((byte) => byte === 0x78)).toBe(true);
      lent.push(payload);
    });
    const messages = (sizeBytes: number): string => `MSG a 7 ${sizeBytes}\r\n${"x".repeat(sizeBytes)}\r\n`;
    for (const bytes of readsOf(messages(130_000).repeat(40), 200_000)) read(parser, bytes);
    expect(lent.map(({ length }) => length)).toEqual(Array.from({ length: 40 }, () => 130_000));
    expect(new Set(lent.map(({ buffer }) => buffer))).toEqual(new Set([first.buffer]));
    for (const bytes of readsOf(messages(first.length + 1), 200_000)) read(parser, bytes);
    expect(lent.at(-1)!.length).toBe(first.length + 1);
  });
});
