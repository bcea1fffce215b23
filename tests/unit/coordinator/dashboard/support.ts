// Events to publish and a client to hear them, for the tests of the dashboard.
import { once } from "node:events";
import { WebSocket, type ClientOptions } from "ws";
import type { NumberedEvent, RunEvent } from "../../../../coordinator/dashboard/events.ts";
import type { GapRecord } from "../../../../coordinator/dashboard/clients.ts";

export function runEvent(state: Extract<RunEvent, { type: "run" }>["state"] = "training"): RunEvent {
  return {
    type: "run",
    run: "00007-dcgan-mnist",
    state,
    preset: "dcgan-mnist",
    steps: 500,
    batch: 64,
    parameters: { discriminator: 1000, generator: 2000 },
    classes: 0,
    folder: "runs/00007-dcgan-mnist",
  };
}

export function stepEvent(step: number): RunEvent {
  return {
    type: "step",
    step,
    version: 2 * step,
    images: 64 * step,
    epoch: step / 100,
    seconds: 0.5 * step,
    imagesPerSecond: 128,
    remainingSeconds: 3725,
    metrics: { "loss/discriminator": 0.625, "loss/generator": 1.5 },
    gradientNorms: { discriminator: 0.25, generator: 0.75 },
    layerGradientNorms: { "discriminator/00-dense": 0.25, "generator/00-dense": 0.75 },
  };
}

export function warningEvent(message: string): RunEvent {
  return { type: "warning", code: "TEST", message };
}

export type Heard = NumberedEvent | GapRecord;

/** A client that remembers what it heard. */
export class Listener {
  readonly heard: Heard[] = [];
  readonly socket: WebSocket;

  constructor(url: string, query = "", options: ClientOptions = {}) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/events${query}`, options);
    this.socket.on("message", (data: Buffer) => this.heard.push(JSON.parse(data.toString("utf8"))));
  }

  /** The ids it heard, in order; a gap record is a 0. */
  get ids(): number[] {
    return this.heard.map((event) => ("id" in event ? event.id : 0));
  }

  /** Resolves once `count` records were heard. */
  async until(count: number): Promise<Heard[]> {
    while (this.heard.length < count) await once(this.socket, "message");
    return this.heard;
  }

  /** Resolves with the close code. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, "close")) as [number];
    return code;
  }

  /** Resolves with the HTTP status that refused it. */
  async refused(): Promise<number> {
    this.socket.on("error", () => this.socket.terminate());
    const [, response] = (await once(this.socket, "unexpected-response")) as [
      unknown,
      { statusCode: number },
    ];
    return response.statusCode;
  }
}
