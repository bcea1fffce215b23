// The dashboard's web page, as text, so that it is wherever the program is: in the sources and in dist.
import { hashOf, htmlOf, policyOf } from "./html.ts";

const STYLE = `
body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; font-family: monospace; }
table { display: block; overflow-x: auto; }
th, td { text-align: left; padding-right: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; }
`;

/** What events say is inserted as text, never as HTML. Ids of elements are the names of what they show. */
const SCRIPT = `
"use strict";
const show = (id, text) => { document.getElementById(id).textContent = text; };
const number = (value) => typeof value === "number" ? String(Number(value.toPrecision(5))) : "not a number";
const entries = (values) => Object.entries(values).map(([name, value]) => [name, number(value)]);

const rows = (id, lines) => {
  document.getElementById(id).replaceChildren(...lines.map((cells) => {
    const row = document.createElement("tr");
    for (const text of cells) row.appendChild(document.createElement("td")).textContent = text;
    return row;
  }));
};

const duration = (seconds) => {
  if (typeof seconds !== "number") return "unknown";
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600) + " h", Math.floor(whole / 60) % 60 + " min", whole % 60 + " s"];
  return parts.slice(whole >= 3600 ? 0 : whole >= 60 ? 1 : 2).join(" ");
};

let steps = "?";
const showers = {
  run(event) {
    steps = event.steps;
    document.title = event.run + " - Ganglion";
    show("run", event.run);
    show("state", event.state + (event.reason ? ": " + event.reason : ""));
    show("preset", event.preset);
    show("batch", event.batch);
    show("folder", event.folder);
    rows("parameters", entries(event.parameters));
  },
  step(event) {
    show("step", event.step + " / " + steps);
    show("images", event.images + " (epoch " + number(event.epoch) + ")");
    show("speed", number(event.imagesPerSecond) + " images/s");
    show("remaining", duration(event.remainingSeconds));
    rows("metrics", entries(event.metrics));
    rows("gradients", entries({ ...event.gradientNorms, ...event.layerGradientNorms }));
  },
  workers(event) {
    rows("nodes", event.nodes.map((node) =>
      [node.node, node.state, node.threads, node.engine, node.device, node.contributions]));
  },
  samples(event) {
    show("sample-step", "step " + event.step + ", " + event.file);
    const picture = document.getElementById("sample");
    picture.src = event.url;
    picture.hidden = false;
  },
  checkpoint(event) {
    show("checkpoint", event.file + " (step " + event.step + ")");
  },
};

const lines = [];
const log = (text) => {
  lines.unshift(text);
  lines.length = Math.min(lines.length, 20);
  show("events", lines.join("\\n"));
};

let last = 0;
let heardAt = 0;
let connection = "connecting";
const tick = () => {
  const age = heardAt ? ", last event " + duration((Date.now() - heardAt) / 1000) + " ago" : "";
  show("connection", connection + age);
};

let retryMs = 1000;
const connect = () => {
  const url = new URL("/events", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("since", last);
  const socket = new WebSocket(url);
  socket.onopen = () => {
    connection = "connected";
    retryMs = 1000;
    tick();
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "gap") {
      log(event.missed + " events are missing here");
      return;
    }
    last = event.id;
    heardAt = Date.parse(event.time);
    showers[event.type]?.(event);
    log(data);
    tick();
  };
  socket.onclose = ({ reason }) => {
    connection = "not connected" + (reason ? " (" + reason + ")" : "") + ", trying again";
    tick();
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 10000);
  };
};
connect();
setInterval(tick, 1000);
`;

/** Only the script and the style of this page run; it talks to its own server only. */
export const CONTENT_SECURITY_POLICY = policyOf(STYLE, [
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'none'",
]);

const BODY = `
<h1 id="run">Ganglion</h1>
<p>Dashboard: <span id="connection" role="status">needs JavaScript</span></p>
<table>
<tr><th scope="row">state</th><td id="state">-</td></tr>
<tr><th scope="row">step</th><td id="step">-</td></tr>
<tr><th scope="row">images</th><td id="images">-</td></tr>
<tr><th scope="row">speed</th><td id="speed">-</td></tr>
<tr><th scope="row">time left</th><td id="remaining">-</td></tr>
<tr><th scope="row">preset</th><td id="preset">-</td></tr>
<tr><th scope="row">batch</th><td id="batch">-</td></tr>
<tr><th scope="row">checkpoint</th><td id="checkpoint">-</td></tr>
<tr><th scope="row">folder</th><td id="folder">-</td></tr>
</table>
<h2>Losses</h2>
<table><tbody id="metrics"></tbody></table>
<h2>Gradient norms</h2>
<table><tbody id="gradients"></tbody></table>
<h2>Parameters</h2>
<table><tbody id="parameters"></tbody></table>
<h2>Nodes</h2>
<table>
<thead><tr><th>node</th><th>state</th><th>threads</th><th>engine</th><th>device</th><th>contributions</th></tr></thead>
<tbody id="nodes"></tbody>
</table>
<h2>Samples</h2>
<p id="sample-step">none yet</p>
<img id="sample" hidden alt="newest samples of the generator">
<h2>Last events</h2>
<pre id="events"></pre>
<script>${SCRIPT}</script>
`;

export const PAGE = htmlOf({ style: STYLE, body: BODY });
