// A run's numbers for Prometheus, in its text format: from its events, with nothing computed before somebody asks.
import type { Gauge } from "prom-client";
import type { NumberedEvent } from "../events.ts";

const STATES = [
  "preparing",
  "training",
  "paused",
  "stalled",
  "done",
  "stopped",
  "diverged",
  "failed",
] as const;

/** The content type that goes with `text`. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type EventOf<Type extends NumberedEvent["type"]> = Extract<NumberedEvent, { type: Type }>;

/** What a scrape needs of the events so far: the newest of each kind, and counts. */
export class RunMetrics {
  #run: EventOf<"run"> | null = null;
  #step: EventOf<"step"> | null = null;
  #workers: EventOf<"workers"> | null = null;
  readonly #evaluation = new Map<string, number>();
  readonly #warnings = new Map<string, number>();
  #checkpoint = 0;
  #samples = 0;

  observe(event: NumberedEvent): void {
    switch (event.type) {
      case "run":
        this.#run = event;
        return;
      case "step":
        this.#step = event;
        return;
      case "workers":
        this.#workers = event;
        return;
      case "evaluation":
        for (const [name, value] of Object.entries(event.metrics)) this.#evaluation.set(name, value);
        return;
      case "warning":
        this.#warnings.set(event.code, (this.#warnings.get(event.code) ?? 0) + 1);
        return;
      case "checkpoint":
        this.#checkpoint = event.step;
        return;
      case "samples":
        this.#samples = event.step;
        return;
      case "compiled":
      case "control":
        return;
      default:
        event satisfies never;
    }
  }

  /** `clients`: sockets that listen. */
  async text(clients: number): Promise<string> {
    const { Gauge, Registry } = await import("prom-client"); // most runs are never asked
    const registry = new Registry();
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name: `ganglion_${name}`, help, registers: [registry] });
    const by: GaugesBy = (name, help, label, values) => {
      const one = new Gauge({ name: `ganglion_${name}`, help, labelNames: [label], registers: [registry] });
      for (const [key, value] of values) one.set({ [label]: key }, value);
    };
    gauge("dashboard_clients", "Sockets that listen to the dashboard").set(clients);
    if (this.#run) {
      const { run, preset, state, steps, batch } = this.#run;
      const info = new Gauge({ name: "ganglion_run_info", help: "The run; always 1", labelNames: ["run", "preset"], registers: [registry] }); // prettier-ignore
      info.set({ run, preset }, 1);
      const states = STATES.map((name) => [name, name === state ? 1 : 0] as const);
      by("run_state", "1 for the state that the run is in", "state", states);
      gauge("steps_planned", "Steps of the whole run").set(steps);
      gauge("batch_images", "Images of a batch").set(batch);
    }
    if (this.#step) addStep(this.#step, gauge, by);
    if (this.#workers) addNodes(this.#workers, by);
    by("evaluation", "The newest evaluation, by metric", "metric", this.#evaluation);
    by("warnings", "Warnings of this session, by code", "code", this.#warnings);
    gauge("checkpoint_step", "Step of the newest checkpoint of this session; 0 before").set(this.#checkpoint);
    gauge("samples_step", "Step of the newest sample grid of this session; 0 before").set(this.#samples);
    return await registry.metrics();
  }
}

type GaugeOf = (name: string, help: string) => Gauge;
type GaugesBy = (
  name: string,
  help: string,
  label: string,
  values: Iterable<readonly [string, number]>,
) => void;

function addStep(step: EventOf<"step">, gauge: GaugeOf, by: GaugesBy): void {
  gauge("step", "Steps made").set(step.step);
  gauge("weights_version", "Version of the weights").set(step.version);
  gauge("images", "Samples used since the run began").set(step.images);
  gauge("epoch", "Passes over the data").set(step.epoch);
  gauge("images_per_second", "Over the last 10 seconds").set(step.imagesPerSecond);
  gauge("remaining_seconds", "To the last step at the present speed").set(step.remainingSeconds);
  gauge("last_step_timestamp_seconds", "When the newest step was done").set(Date.parse(step.time) / 1000);
  const entries = Object.entries(step.metrics);
  const losses = entries.flatMap(([name, value]) => name.startsWith("loss/") ? [[name.slice(5), value] as const] : []); // prettier-ignore
  by("loss", "Of the newest step, by network", "network", losses);
  by("metric", "Other metrics of the newest step, by name", "metric", entries.filter(([name]) => !name.startsWith("loss/"))); // prettier-ignore
  by("gradient_norm", "L2 norm of the mean gradient before it is clipped, by network", "network", Object.entries(step.gradientNorms)); // prettier-ignore
}

function addNodes({ nodes, refused = {} }: EventOf<"workers">, by: GaugesBy): void {
  const states = new Map<string, number>([["joining", 0], ["ready", 0], ["benched", 0], ["leaving", 0]]); // prettier-ignore
  for (const { state } of nodes) states.set(state, (states.get(state) ?? 0) + 1);
  by("nodes", "Nodes, by state", "state", states);
  by("node_contributions", "Contributions accepted since the node joined", "node", nodes.map(({ node, contributions }) => [node, contributions])); // prettier-ignore
  by("node_faults", "Contributions refused since the node joined, and leases that it failed at", "node", nodes.map(({ node, faults }) => [node, faults])); // prettier-ignore
  by("node_shard_seconds", "How long one of its threads takes for a shard", "node", nodes.flatMap(({ node, shardMs }) => shardMs === null ? [] : [[node, shardMs / 1000] as const])); // prettier-ignore
  by("refused", "What was refused since the coordinator started, by reason", "reason", Object.entries(refused)); // prettier-ignore
}
