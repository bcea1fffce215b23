// The node's view of the weights: the coordinator's own shared memory in process, one shared copy over a socket.
import { GanglionError } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/transport/transport.ts";
import type { TaskWeights } from "../task.ts";

/** Keeps the newest version; what still computes with an older one is late anyway, and will be refused. */
export class WeightsHolder {
  readonly #held = new Map<number, TaskWeights>();
  readonly #releases = new Map<number, () => void>();
  /** Shared memory for versions that came over a socket, free to be used again. */
  readonly #own: Float32Array[] = [];
  #copies = 0;

  /** Takes over the envelope: its body is released when the version is dropped, at once where it was copied. */
  hold(version: number, envelope: Envelope): void {
    const body = envelope.body;
    if (!(body instanceof Float32Array))
      throw new GanglionError("PROTOCOL", `weights ${version} came without a body`);
    for (const old of this.#held.keys()) this.#drop(old);
    if (body.buffer instanceof SharedArrayBuffer) {
      this.#held.set(version, { copy: this.nextCopy(), vector: body });
      this.#releases.set(version, () => envelope.release());
    } else {
      const vector = this.#own.pop() ?? new Float32Array(new SharedArrayBuffer(body.byteLength));
      vector.set(body);
      envelope.release();
      this.#held.set(version, { copy: this.nextCopy(), vector });
      this.#releases.set(version, () => this.#own.push(vector));
    }
  }

  /** @throws GanglionError PROTOCOL when the version is not held (any more) */
  at(version: number): TaskWeights {
    const weights = this.#held.get(version);
    if (!weights)
      throw new GanglionError(
        "PROTOCOL",
        `weights ${version} are not here: ${[...this.#held.keys()].join(", ") || "none"} are`,
      );
    return weights;
  }

  /** A number that no other weights of this node have. */
  nextCopy(): number {
    return this.#copies++;
  }

  #drop(version: number): void {
    this.#releases.get(version)?.();
    this.#releases.delete(version);
    this.#held.delete(version);
  }
}
