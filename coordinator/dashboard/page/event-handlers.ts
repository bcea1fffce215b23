// What the page does with each event: part of its script. An event without an entry does not compile.
import type { RunEvent } from "../events.ts";

/** The body of a function of `event`; the script's other functions are in scope (see script.ts). */
const HANDLERS: Readonly<Record<RunEvent["type"], string>> = {
  run: `
  if (run !== null && run.run !== event.run) charts.clear();
  run = event;
  document.title = event.run + " - Ganglion";
  show("run", event.run);
  show("state", event.state + (event.reason ? ": " + event.reason : ""));
  at("state").dataset.state = event.state;
  show("preset", event.preset);
  show("batch", whole(event.batch) + " images");
  show("folder", event.folder);
  if (ended()) show("remaining", "none");
  if (event.state === "stalled" || event.state === "paused") {
    show("speed", event.state);
    show("remaining", "unknown");
  }
  rows("parameters", Object.entries(event.parameters).map(([name, count]) => [name, whole(count)]));
  log(event.state, event.time);`,
  compiled: `
  log(plural(event.programs, "program") + " traced in " + whole(event.traceMs) + " ms", event.time);`,
  step: `
  at("progress").max = run?.steps ?? event.step;
  at("progress").value = event.step;
  show("step", whole(event.step) + " / " + whole(run?.steps));
  show("images", whole(event.images));
  show("epoch", number(Math.round(event.epoch * 100) / 100));
  show("speed", whole(Math.round(event.imagesPerSecond)) + " images/s");
  show("remaining", duration(event.remainingSeconds));
  rows("metrics", entries(event.metrics));
  rows("gradients", entries({ ...event.gradientNorms, ...event.layerGradientNorms }));
  at("untrained").hidden = true;
  at("numbers").hidden = false;
  chartMetrics(event.step, event.metrics);
  charts.add("gradient norm, log scale", event.step, event.gradientNorms, { isLog: true });
  charts.add("images/s", event.step, { "": event.imagesPerSecond });
  charts.draw();`,
  workers: `
  const now = new Map(event.nodes.map((node) => [node.node, node.state]));
  const changed = [...now].filter(([node, state]) => known.get(node) !== state);
  const gone = [...known.keys()].filter((node) => !now.has(node)).map((node) => [node, "left"]);
  for (const state of new Set([...changed, ...gone].map(([, state]) => state))) {
    const names = [...changed, ...gone].filter((change) => change[1] === state).map(([node]) => node);
    log((names.length > 4 ? names.length + " nodes" : names.join(", ")) + " " + state, event.time);
  }
  known = now;
  const states = [...now.values()];
  const counts = ["ready", "joining", "benched", "leaving"].map((state) => [states.filter((one) => one === state).length, state]);
  const told = counts.filter(([count]) => count > 0).map(([count, state]) => count + " " + state).join(", ");
  const refused = Object.entries(event.refused ?? {}).filter(([, count]) => count > 0);
  show("node-count", states.length === 0 ? "no node has joined yet, or all have left" : plural(states.length, "node") + ": " + told);
  if (event.refused) show("refused", refused.length === 0 ? "" : "Refused: " + refused.map(([why, count]) => why + " " + whole(count)).join(", "));
  at("node-table").hidden = states.length === 0;
  rows("nodes", event.nodes.map((node) =>
    [node.node, node.state, node.threads, node.engine, node.device, whole(node.contributions), node.shardMs ?? ""]));`,
  samples: `
  const columns = event.columns ? "; columns: " + event.columns.join(", ") : "";
  show("sample-step", "step " + whole(event.step) + ", " + event.file + columns);
  const picture = at("sample");
  picture.src = event.url;
  picture.hidden = false;`,
  checkpoint: `
  show("checkpoint", event.file + " (step " + event.step + ")");
  log("checkpoint of step " + whole(event.step), event.time);`,
  evaluation: `
  const told = entries(event.metrics).map((pair) => pair.join(" ")).join(", ");
  const terms = event.extractor ? " (" + [event.extractor, whole(event.images) + " images", event.floor ? "floor fid " + number(event.floor.metrics.fid) : "no floor"].join(", ") + ")" : "";
  show("evaluation", "step " + whole(event.step) + ": " + told + terms);
  at("evaluated").hidden = false;
  log("evaluation at step " + whole(event.step) + ": " + told, event.time);`,
  control: `
  log([event.action, event.outcome, "at step " + whole(event.step), "(" + event.from + ")"].join(" ") + (event.message ? ": " + event.message : ""), event.time);`,
  warning: `
  warn(event);
  log("warning: " + event.message, event.time);`,
};

/** `handlers[event.type](event)` shows an event. */
export const HANDLERS_SCRIPT = `
const handlers = {
${Object.entries(HANDLERS)
  .map(([type, body]) => `${type}(event) {${body}\n},`)
  .join("\n")}
};
`;
