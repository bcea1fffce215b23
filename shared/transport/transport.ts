// The one interface behind which frames travel: in process, over WebSockets, over NATS.
import type { GanglionError } from "../errors.ts";
import type { Message } from "../protocol/messages.ts";
import type { VectorMemory } from "../simd/vector-memory.ts";

/** Raw bytes that travel beside a message: flat float32 tensors or encoded programs. */
export type Body = Float32Array | Uint8Array;

/** A message as it arrives. `body` is borrowed until `release()`; after that its owner may overwrite it. */
export interface Envelope {
  readonly message: Message;
  readonly body: Body | null;
  release(): void;
}

export interface TransportStatus {
  readonly connected: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentMessages: number;
  readonly receivedMessages: number;
  /** Frames refused before they became messages, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** One peer. The coordinator has one connection a node, a node has one to its coordinator. */
export interface Connection {
  /** Who is at the other end, for logs: an address or a name. */
  readonly peer: string;
  /** Of a node's end in process: bodies that lie in it are computed with where they lie. */
  readonly vectors?: VectorMemory | undefined;
  /** The node's name, where the transport lets nobody take another's (NATS users); what a node says of itself must agree. */
  readonly identity?: string;
  /**
   * Sends one message. Resolves when `body` may be reused by the caller: over sockets once it is handed to
   * the operating system (back-pressure), in process once the receiver released it. Rejects with TRANSPORT when closed,
   * and with an error of `isOwnFault`, before anything is sent, where the receiver would refuse the message.
   */
  send(message: Message, body?: Body): Promise<void>;
  /**
   * Of the coordinator's end where the peer is another process: it is a node of the run, and its messages may have bodies
   * of so many bytes. Until then it may send a hello and next to nothing else.
   */
  admit?(limits: { readonly bodyBytes: number }): void;
  /** Messages in order of arrival; ends when the connection closes. May be iterated once. */
  receive(): AsyncIterable<Envelope>;
  status(): TransportStatus;
  /** Closes politely; what was sent before still arrives. */
  close(reason?: string): Promise<void>;
  /** Resolves, never rejects, with the reason, once closed by either side. */
  readonly closed: Promise<string>;
}

/** The coordinator's end: accepts nodes and reaches them all. */
export interface Hub {
  /** Where nodes can join, e.g. `ws://127.0.0.1:8701`; `memory:` in process. */
  readonly address: string;
  /** More of the kind, where it listens on every address of a machine that has several. */
  readonly alsoAt?: readonly string[];
  /** Bodies are read in place: sending one costs nothing, and it is in use until its receiver lets go of it. */
  readonly inPlace?: true;
  /** In process: memory that nodes have their vectors in. */
  readonly vectors?: VectorMemory | undefined;
  /** New connections, in order; ends when the hub closes. May be iterated once. */
  connections(): AsyncIterable<Connection>;
  /**
   * Sends to every open connection, or to those that `to` picks, each body encoded once; resolves when all may reuse it;
   * a connection that breaks is skipped. Rejects with an error of `isOwnFault` where receivers would refuse the message.
   */
  broadcast(message: Message, body?: Body, to?: (connection: Connection) => boolean): Promise<void>;
  /** Resolves, never rejects, where this program would have sent what its receivers refuse, with the first such error. */
  readonly defect?: Promise<GanglionError>;
  status(): TransportStatus;
  /** `isGoingOn`: the run opens another hub at this address at once, and nodes are to wait for it. */
  close(reason?: string, isGoingOn?: boolean): Promise<void>;
}
