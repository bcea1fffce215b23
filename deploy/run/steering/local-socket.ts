// How a run is reached on its own machine: a socket that only its user can open.
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlDesk, answerControl } from "../../../coordinator/dashboard/control/answer-control.ts";

export interface LocalSocket {
  readonly path: string;
  close(): Promise<void>;
}

const LIMITS = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000 };
/** For the last answers. */
const CLOSE_GRACE_MS = 300;

/** @throws the system's error where no socket can be made */
export async function openLocalSocket(desk: ControlDesk): Promise<LocalSocket> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-run-")); // a run folder's path may be too long for a socket
  const path =
    process.platform === "win32" ? `\\\\.\\pipe\\${folder.replaceAll(/\W/g, "-")}` : join(folder, "socket");
  const server = createServer(LIMITS, (request, response) => {
    void answerOrRefuse(request, response, desk).catch(() => response.destroy()); // the asker is gone
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(path);
  await once(server, "listening");
  if (process.platform !== "win32") await chmod(path, 0o600);
  return {
    path,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(force);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answerOrRefuse(
  request: IncomingMessage,
  response: ServerResponse,
  desk: ControlDesk,
): Promise<void> {
  const untaken =
    request.url === "/control" ? await answerControl(request, response, desk, "this machine") : NOTHING;
  if (untaken === null) return;
  response.writeHead(untaken.status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${untaken.message}\n`);
}

const NOTHING = { status: 404, message: "nothing is here but /control" };
