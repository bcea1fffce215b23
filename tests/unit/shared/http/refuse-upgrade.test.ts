// A refused WebSocket: a plain HTTP answer.
import { once } from "node:events";
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { refuseUpgrade } from "../../../../shared/http/refuse-upgrade.ts";

test("a refusal is a whole HTTP answer, of as many bytes as it says, and the end", async () => {
  let sent = "";
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      sent += chunk.toString();
      done();
    },
  });
  refuseUpgrade(stream, 403, "Wörkers only.");
  await once(stream, "close");
  const [head, body] = sent.split("\r\n\r\n");
  expect(head.split("\r\n")).toEqual([
    "HTTP/1.1 403 Forbidden",
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Length: 15", // 13 letters, of which ö has two bytes, and the line's end
  ]);
  expect(body).toBe("Wörkers only.\n");
});
