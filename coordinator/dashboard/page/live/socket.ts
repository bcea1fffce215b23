// The socket with the events: connects, comes back where it broke, and gives each event once.
import type { NumberedEvent } from "../../events.ts";
import type { GapRecord } from "../../clients.ts";

export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** `since`: milliseconds of this browser's clock; `reason`: what the server said, or nothing. */
  | { readonly kind: "lost"; readonly since: number; readonly reason: string };

export interface SocketListener {
  readonly hear: (event: NumberedEvent) => void;
  /** Events that the server no longer keeps. */
  readonly miss: (missed: number) => void;
  readonly change: (connection: Connection) => void;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;

/** Connects now and for ever. */
export function listen(listener: SocketListener): void {
  let newest: NumberedEvent | null = null;
  let lostAt: number | null = null;
  let retryMs = FIRST_RETRY_MS;

  const connect = (): void => {
    // The newest event is asked for again: only the same coordinator sends the same one, and ids alone do not tell.
    const socket = new WebSocket(addressOf(newest === null ? 0 : newest.id - 1));
    let isKnown = newest === null;
    socket.addEventListener("open", () => {
      lostAt = null;
      retryMs = FIRST_RETRY_MS;
      listener.change({ kind: "open" });
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as NumberedEvent | GapRecord;
      if (event.type === "gap") {
        if (newest !== null && event.newest < newest.id) [newest, isKnown] = [null, true]; // another coordinator
        listener.miss(event.missed);
        return;
      }
      if (!isKnown && newest !== null) {
        isKnown = true;
        if (event.id === newest.id && event.time === newest.time) return;
        if (event.id <= newest.id) {
          newest = null; // another coordinator: from its first event on
          retryMs = 0;
          socket.close();
          return;
        }
      }
      if (socket.readyState !== WebSocket.OPEN) return; // closed just now; more was under way
      newest = event;
      listener.hear(event);
    });
    socket.addEventListener("close", ({ reason }) => {
      lostAt ??= Date.now();
      if (retryMs > 0) listener.change({ kind: "lost", since: lostAt, reason });
      setTimeout(connect, retryMs);
      retryMs = Math.min(Math.max(FIRST_RETRY_MS, retryMs * 2), LONGEST_RETRY_MS);
    });
  };
  connect();
}

/** Beside the page: of the run that it shows. */
function addressOf(since: number): URL {
  const url = new URL(`events?since=${since}`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
