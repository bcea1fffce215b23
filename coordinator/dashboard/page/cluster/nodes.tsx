// The nodes of the run: what each computes on, how fast, and what was refused.
import type { VNode } from "preact";
import type { NodeView } from "../../events.ts";
import { number, plural, whole } from "../words/format.ts";

interface NodesProps {
  readonly nodes: readonly NodeView[];
  readonly refused: Readonly<Record<string, number>>;
}

const STATES: readonly NodeView["state"][] = ["ready", "joining", "benched", "leaving"];

export function Nodes({ nodes, refused }: NodesProps): VNode {
  const counts = STATES.map((state) => [nodes.filter((node) => node.state === state).length, state] as const);
  const told = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  const reasons = Object.entries(refused).filter(([, count]) => count > 0);
  return (
    <section class="card nodes" aria-labelledby="nodes-title">
      <h2 id="nodes-title">Nodes</h2>
      <p id="node-count" class="quiet">
        {nodes.length === 0
          ? "no node has joined yet, or all have left"
          : `${plural(nodes.length, "node")}: ${told.join(", ")}`}
      </p>
      {nodes.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="table of nodes">
          <table class="node-table">
            <thead>
              <tr>
                <th scope="col">node</th>
                <th scope="col">state</th>
                <th scope="col">engine</th>
                <th scope="col">threads</th>
                <th scope="col">ms a shard</th>
                <th scope="col">contributions</th>
                <th scope="col">faults</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map((node) => (
                <Node key={node.node} node={node} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {reasons.length > 0 && (
        <p id="refused" class="quiet">
          Refused: {reasons.map(([reason, count]) => `${reason} ${whole(count)}`).join(", ")}
        </p>
      )}
    </section>
  );
}

/** `data-name`: what a phone shows before the value. */
function Node({ node }: { readonly node: NodeView }): VNode {
  return (
    <tr>
      <th scope="row">{node.node}</th>
      <td data-name="state">
        <span class={`state ${node.state}`}>{node.state}</span>
      </td>
      <td data-name="engine" title={node.numerics}>
        {node.engine} on {node.device}
      </td>
      <td data-name="threads">{node.threads}</td>
      <td data-name="ms a shard">{node.shardMs === null ? "–" : number(node.shardMs)}</td>
      <td data-name="contributions">{whole(node.contributions)}</td>
      <td data-name="faults" class={node.faults > 0 ? "faults" : ""}>
        {whole(node.faults)}
      </td>
    </tr>
  );
}
