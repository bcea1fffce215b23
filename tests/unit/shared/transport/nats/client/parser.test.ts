// What the server sends is divided, wherever the reads of the socket cut it.
import { describe, expect, test } from "vitest";
import { Splitter } from "../../../../../../shared/transport/nats/client/parser.ts";

/** One read of the socket after the other, each of `readBytes`; the last may be smaller. */
function readsOf(stream: string, readBytes: number): Buffer[] {
  const bytes = Buffer.from(stream, "latin1");
  return Array.from({ length: Math.ceil(bytes.length / readBytes) }, (_, i) =>
    Buffer.from(bytes.subarray(i * readBytes, (i + 1) * readBytes)),
  );
}

/** Subscription 7 is diverted, 8 is not. */
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
  test("is divided into diverted messages and the rest, whatever a read of the socket holds", () => {
    for (let readBytes = 1; readBytes <= STREAM.length; readBytes++) {
      const heard: [string, string][] = [];
      const rest: Buffer[] = [];
      const splitter = new Splitter((bytes) => rest.push(bytes));
      splitter.divert(7, (subject, payload) => heard.push([subject, payload.toString("latin1")]));
      for (const read of readsOf(STREAM, readBytes)) {
        splitter.feed(read);
        read.fill(0xff); // the next is read into the same memory
      }
      expect(heard, `reads of ${readBytes}`).toEqual([
        ["a.b", "MSG x 8 3\r\n"],
        ["a.c", "\n"],
        ["a.d", "word"],
      ]);
      expect(Buffer.concat(rest).toString("latin1"), `reads of ${readBytes}`).toBe(REST);
    }
  });

  test("is not copied where a message lies in one read, and copied into one buffer where it does not", () => {
    const lent: Buffer[] = [];
    const splitter = new Splitter(() => undefined);
    splitter.divert(7, (_subject, payload) => lent.push(payload));
    const message = "MSG a 7 4\r\nword\r\n";
    const [whole] = readsOf(message, 100);
    splitter.feed(whole);
    for (const read of [...readsOf(message, 13), ...readsOf(message, 14)]) splitter.feed(read);
    expect(lent.map((payload) => payload.toString())).toEqual(["word", "word", "word"]);
    expect(lent[0].buffer).toBe(whole.buffer);
    expect(lent[1].buffer).not.toBe(whole.buffer);
    expect(lent[2].buffer).toBe(lent[1].buffer);
  });
});
