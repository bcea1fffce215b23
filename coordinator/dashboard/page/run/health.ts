// How a run is, in one sentence.
import { duration, number, plural, whole } from "../words/format.ts";
import type { RunView } from "../state/run-view.ts";

export type Tone = "busy" | "good" | "waiting" | "bad";

export interface Health {
  /** One word. */
  readonly state: string;
  readonly sentence: string;
  readonly tone: Tone;
}

export function healthOf({ run, step, nodes }: RunView): Health {
  if (!run) return { state: "waiting", sentence: "Nothing was heard of the run yet.", tone: "waiting" };
  const { state, reason } = run;
  const made = step ? `at step ${whole(step.step)} of ${whole(run.steps)}` : "before its first step";
  const because = reason ? `: ${reason}` : "";
  const say = (sentence: string, tone: Tone): Health => ({ state, sentence, tone });
  switch (state) {
    case "preparing":
      return say(
        nodes.length === 0
          ? "No node has joined yet."
          : `${plural(nodes.length, "node")} joined; programs are being prepared.`,
        "busy",
      );
    case "training":
      if (!step) return say("Training begins.", "busy");
      return say(
        step.remainingSeconds > 0
          ? `At ${number(Math.round(step.imagesPerSecond))} images/s the rest takes ${duration(step.remainingSeconds)}.`
          : "The last step is made; what is due at the end follows.",
        "busy",
      );
    case "paused":
      return say(`No step is made until it is resumed; it stands ${made}.`, "waiting");
    case "stalled":
      return say(`No step is made although nodes are ready${because}`, "bad");
    case "done":
      return say(
        step ? `All ${whole(step.step)} steps are made, with ${whole(step.images)} images.` : "All is done.",
        "good",
      );
    case "stopped":
      return say(`It was stopped ${made}${because}`, "waiting");
    case "diverged":
      return say(`It diverged ${made}${because}`, "bad");
    case "failed":
      return say(`It failed ${made}${because}`, "bad");
    default:
      state satisfies never; // a coordinator that is newer than this page
      return say(reason ?? "", "waiting");
  }
}
