// What a peer may make its coordinator hold: kilobytes before it is a node of the run, then what the plan lets a node send.
import { mostFrameBytes } from "../protocol/frame.ts";

/** A stranger may send so much in all: a hello, of at most 3 kB, and a word or two before it is answered. */
export const STRANGER_BYTES = 16 * 1024;

/** What a message costs besides its bytes, while nobody has taken it. */
export const MESSAGE_BYTES = 512;

/** Read but not yet taken by whoever iterates; beyond it the peer is slowed down. */
const READ_AHEAD_BYTES = 16 * 1024 * 1024;

export class Allowance {
  readonly #maxFrameBytes: number;
  #bodyBytes: number;
  #stranger: boolean;

  /** `maxFrameBytes` bounds every frame; a stranger, until it is admitted, may send no body. */
  constructor(maxFrameBytes: number, { stranger = false }: { readonly stranger?: boolean } = {}) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#stranger = stranger;
    this.#bodyBytes = stranger ? 0 : maxFrameBytes;
  }

  /** It is a node of the run, and may send bodies of so many bytes. */
  admit(bodyBytes: number): void {
    this.#stranger = false;
    this.#bodyBytes = bodyBytes;
  }

  get isStranger(): boolean {
    return this.#stranger;
  }

  get maxBodyBytes(): number {
    return this.#bodyBytes;
  }

  get maxFrameBytes(): number {
    return Math.min(this.#maxFrameBytes, this.#stranger ? STRANGER_BYTES : mostFrameBytes(this.#bodyBytes));
  }

  get readAheadBytes(): number {
    return Math.min(READ_AHEAD_BYTES, this.maxFrameBytes);
  }
}
