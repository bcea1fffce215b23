// Cuts a graph in two: what follows from the weights alone, computed once for many runs, and the rest.
//
//   weights ──▶ [ prefix ] ── held values ──▶ [ main ] ──▶ outputs
//                              samples, noise ──▲
//
// What is held instead of being computed in every run is decided by cost, a function of the graph alone: so the same
// program is cut the same way everywhere, and its bits do not depend on how often a prefix is run.
import { fusedTransposes } from "../fused-transposes.ts";
import type { OnnxGraph, OnnxNode, OnnxPort } from "../onnx.ts";
import { type PrefixCosts, computingCost, holdingCost } from "./cost.ts";
import { type Edge, minCut } from "./min-cut.ts";
import { type Spec, specOf } from "./specs.ts";

export interface Split {
  /** Each depends on inputs of its own; its outputs are inputs of `main` by the same names. */
  readonly prefixes: readonly OnnxGraph[];
  readonly main: OnnxGraph;
}

/**
 * `steady` are the names of inputs that stay as they are over many runs, in groups that change together: what follows
 * from one group alone has a prefix of its own.
 */
export function splitGraph(
  graph: OnnxGraph,
  steady: readonly (readonly string[])[],
  costs: PrefixCosts,
): Split {
  const known = knownValues(graph, new Set(steady.flat()), costs);
  const cheapest = earlyNodes(graph, known, costs);
  const groupOf = groupsOf(known.steady.keys(), steady);
  const early = withoutSmallGroups(cheapest, known, groupOf, costs);
  if (early.size === 0) return { prefixes: [], main: graph };
  const late = graph.nodes.filter((node) => !early.has(node));
  const usedLate = new Set([
    ...late.flatMap(({ inputs }) => inputs),
    ...graph.outputs.map(({ name }) => name),
  ]);
  const held = [...early].map(({ outputs }) => outputs[0]).filter((name) => usedLate.has(name));
  const portOf = (name: string): OnnxPort => {
    const { type, shape } = known.specs.get(name)!;
    return { name, type, shape };
  };
  const groups = [...new Set(held.map(groupOf))];
  return {
    prefixes: groups.map((group) => {
      const outputs = held.filter((name) => groupOf(name) === group).map(portOf);
      return part(graph, { nodes: graph.nodes, inputs: graph.inputs, outputs });
    }),
    main: part(graph, {
      nodes: late,
      inputs: [...graph.inputs, ...held.map(portOf)],
      outputs: graph.outputs,
    }),
  };
}

interface Known {
  readonly specs: ReadonlyMap<string, Spec>;
  /** Nodes that follow from the steady inputs, with or without constants, and what each costs a run. */
  readonly steady: ReadonlyMap<OnnxNode, number>;
}

/** What follows from steady inputs and constants alone, as far as its operators are known. */
function knownValues(
  { nodes, inputs, initializers, outputs }: OnnxGraph,
  names: ReadonlySet<string>,
  costs: PrefixCosts,
): Known {
  const specs = new Map<string, Spec>();
  for (const constant of initializers) specs.set(constant.name, { ...constant, constant });
  const depends = new Set<string>();
  for (const { name, type, shape } of inputs) {
    if (!names.has(name)) continue;
    specs.set(name, { type, shape: shape as number[] });
    depends.add(name);
  }
  const results = new Set(outputs.map(({ name }) => name));
  const steady = new Map<OnnxNode, number>();
  for (const node of nodes) {
    const operands = node.inputs.map((name) => specs.get(name));
    if (results.has(node.outputs[0]) || !operands.every((spec) => spec !== undefined)) continue;
    const spec = specOf(node, operands);
    if (!spec) continue;
    specs.set(node.outputs[0], spec);
    if (!node.inputs.some((name) => depends.has(name))) continue; // constant: folded wherever it is used
    depends.add(node.outputs[0]);
    steady.set(node, computingCost(node, operands, spec, costs));
  }
  return { specs, steady };
}

/**
 * The nodes that are not to run in every run: with them, those that do and what is held for them cost the least. What is
 * cheap may be on both sides, made in a prefix for what follows there, and again in every run.
 */
function earlyNodes(graph: OnnxGraph, { specs, steady }: Known, costs: PrefixCosts): ReadonlySet<OnnxNode> {
  const [source, sink] = [0, 1];
  const placeOf = new Map([...steady.keys()].map(({ outputs }, i) => [outputs[0], 2 + 2 * i]));
  const edges: Edge[] = [];
  const fused = fusedTransposes(graph);
  for (const [node, cost] of steady) {
    const place = placeOf.get(node.outputs[0])!;
    const output = specs.get(node.outputs[0])!;
    const isHeld = output.type === "float32" && !fused.has(node.outputs[0]); // or else its product would round differently
    const holding = isHeld ? holdingCost(output, costs) : Number.POSITIVE_INFINITY;
    edges.push({ from: source, to: place, cost }, { from: place, to: place + 1, cost: holding });
  }
  const turned = new Set(graph.nodes.filter(({ op }) => op === "Transpose").map(({ outputs }) => outputs[0]));
  for (const { op, inputs, outputs } of graph.nodes) {
    const user = placeOf.get(outputs[0]) ?? sink;
    for (const name of inputs) {
      const place = placeOf.get(name);
      if (place === undefined) continue;
      // A late user: it must be held. ONNX Runtime makes a transpose part of the product that takes it, which costs
      // nothing and rounds in another way than a product without: the two stay together.
      const from = op === "MatMul" && turned.has(name) ? place : place + 1;
      edges.push({ from, to: user, cost: Number.POSITIVE_INFINITY });
    }
  }
  const isEarly = minCut(2 + 2 * steady.size, edges, source, sink);
  return new Set([...steady.keys()].filter(({ outputs }) => isEarly[placeOf.get(outputs[0])!]));
}

/** Where what a group's prefix computes costs less than running one, nothing is held. */
function withoutSmallGroups(
  early: ReadonlySet<OnnxNode>,
  { steady }: Known,
  groupOf: (name: string) => number,
  costs: PrefixCosts,
): ReadonlySet<OnnxNode> {
  const saved = new Map<number, number>();
  for (const node of early) {
    const group = groupOf(node.outputs[0]);
    saved.set(group, (saved.get(group) ?? 0) + steady.get(node)!);
  }
  return new Set([...early].filter(({ outputs }) => saved.get(groupOf(outputs[0]))! >= costs.prefix));
}

/** The group of inputs that a value follows from: of several the first, whose prefix then takes the others' inputs too. */
function groupsOf(
  nodes: Iterable<OnnxNode>,
  steady: readonly (readonly string[])[],
): (name: string) => number {
  const groups = new Map(steady.flatMap((names, group) => names.map((name) => [name, group] as const)));
  for (const { inputs, outputs } of nodes) {
    const first = inputs.map((name) => groups.get(name)).find((group) => group !== undefined);
    if (first !== undefined) groups.set(outputs[0], first);
  }
  return (name) => groups.get(name)!;
}

/** What the outputs need of the graph. */
function part(
  { exact, initializers }: OnnxGraph,
  { nodes, inputs, outputs }: Pick<OnnxGraph, "nodes" | "inputs" | "outputs">,
): OnnxGraph {
  const given = new Set(inputs.map(({ name }) => name));
  const needed = new Set(outputs.map(({ name }) => name));
  const kept = nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name) && !given.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    })
    .toReversed();
  return {
    nodes: kept,
    exact,
    initializers: initializers.filter(({ name }) => needed.has(name)),
    inputs: inputs.filter(({ name }) => needed.has(name)),
    outputs,
  };
}
