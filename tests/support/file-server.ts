// A web server and a proxy on this machine, for the length of a test; both keep what they were asked for.
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface LocalServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** `GET /path bytes=3-`, one a request, in their order. */
  readonly asked: string[];
}

export type Answer = (asked: IncomingMessage, response: ServerResponse) => void;

export async function localServer(answer: Answer): Promise<LocalServer> {
  const asked: string[] = [];
  const server = createServer((message, response) => {
    asked.push(`${message.method} ${message.url} ${message.headers.range ?? ""}`.trim());
    answer(message, response);
  });
  return { url: await listen(server), asked };
}

/** Answers with these files by their names, and with parts of them as it is asked; 404 for all else. */
export function serving(files: Readonly<Record<string, Uint8Array>>): Answer {
  return (asked, response) => {
    const content = files[(asked.url ?? "").split("/").at(-1) ?? ""];
    const from = /^bytes=(\d+)-$/.exec(asked.headers.range ?? "")?.[1];
    if (!content) response.writeHead(404).end("no such file");
    else if (from === undefined) response.writeHead(200, { "content-length": content.length }).end(content);
    else
      response
        .writeHead(206, {
          "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
          "content-length": content.length - Number(from),
        })
        .end(content.subarray(Number(from)));
  };
}

/** A forward proxy for plain http; tunnels are refused, and kept in `asked` like the rest. */
export async function localProxy(): Promise<LocalServer> {
  const asked: string[] = [];
  const server = createServer((message, response) => {
    asked.push(`${message.method} ${message.url}`);
    const onward = request(
      message.url ?? "",
      { method: message.method, headers: message.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.end();
  });
  server.on("connect", (message, socket) => {
    asked.push(`CONNECT ${message.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { url: await listen(server), asked };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
