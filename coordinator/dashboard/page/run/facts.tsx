// What the run is made of, and all numbers of its newest step.
import type { VNode } from "preact";
import type { EventOf } from "../state/event-of.ts";
import { metricsText } from "../state/event-log.ts";
import type { RunView } from "../state/run-view.ts";
import { number, whole } from "../words/format.ts";

export function Facts({ view }: { readonly view: RunView }): VNode {
  const { run, step, checkpoint, evaluation } = view;
  const parameters = Object.entries(run?.parameters ?? {}).map(([name, count]) => `${name} ${whole(count)}`);
  const rows: readonly (readonly [string, string, string])[] = [
    ["preset", "preset", run?.preset ?? "–"],
    ["batch", "batch", run ? `${whole(run.batch)} images a step` : "–"],
    ["parameters", "parameters", parameters.join(", ") || "–"],
    ...(run && run.classes > 0 ? [["classes", "classes", whole(run.classes)] as const] : []),
    ...(evaluation ? [["evaluation", "evaluation", evaluationText(evaluation)] as const] : []),
    [
      "checkpoint",
      "checkpoint",
      checkpoint ? `${checkpoint.file} (step ${whole(checkpoint.step)})` : "none yet",
    ],
    ["folder", "folder", run?.folder ?? "–"],
  ];
  return (
    <section class="card facts" aria-labelledby="facts-title">
      <h2 id="facts-title">Run</h2>
      <dl>
        {rows.map(([id, name, value]) => (
          <div key={id}>
            <dt>{name}</dt>
            <dd id={id}>{value}</dd>
          </div>
        ))}
      </dl>
      {step && <NewestNumbers step={step} />}
    </section>
  );
}

function NewestNumbers({ step }: { readonly step: EventOf<"step"> }): VNode {
  return (
    <details>
      <summary>All numbers of the newest step</summary>
      <Numbers title="Metrics" values={step.metrics} />
      <Numbers
        title="Gradient norms, by network and layer"
        values={{ ...step.gradientNorms, ...step.layerGradientNorms }}
      />
    </details>
  );
}

interface NumbersProps {
  readonly title: string;
  readonly values: Readonly<Record<string, number>>;
}

function Numbers({ title, values }: NumbersProps): VNode {
  return (
    <table class="numbers">
      <caption>{title}</caption>
      <tbody>
        {Object.entries(values).map(([name, value]) => (
          <tr key={name}>
            <td>{name}</td>
            <td>{number(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function evaluationText({ step, metrics, extractor, images, floor }: EventOf<"evaluation">): string {
  const base = floor ? `floor ${metricsText({ fid: floor.metrics["fid"] })}` : "no floor";
  const terms = extractor ? ` (${[extractor, `${whole(images)} images`, base].join(", ")})` : "";
  return `step ${whole(step)}: ${metricsText(metrics)}${terms}`;
}
