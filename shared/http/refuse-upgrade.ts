// Refuses a request for a WebSocket with a plain HTTP answer that says why.
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Answers with the status and a sentence, and closes the connection. */
export function refuseUpgrade(stream: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  stream.on("error", () => stream.destroy());
  stream.once("finish", () => stream.destroy());
  stream.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
