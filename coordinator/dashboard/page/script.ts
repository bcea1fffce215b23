// What runs in the page: listens to the events and shows them.
import { HELD_BACK, NUMBERS } from "../../../shared/alike.ts";
import { CHART_SCRIPT } from "./chart-script.ts";
import { HANDLERS_SCRIPT } from "./event-handlers.ts";

/** What events say is inserted as text, never as HTML. Ids of elements are the names of what they show. */
export const SCRIPT = `
"use strict";
const at = (id) => document.getElementById(id);
const show = (id, text) => { at(id).textContent = text; };
${CHART_SCRIPT}
const number = (value) => shortNumber(typeof value === "number" ? value : null);
const whole = (value) => typeof value === "number" ? value.toLocaleString("en-US") : "?";
const entries = (values) => Object.entries(values).map(([name, value]) => [name, number(value)]);
const plural = (count, noun) => count + " " + noun + (count === 1 ? "" : "s");

const rows = (id, lines) => {
  at(id).replaceChildren(...lines.map((cells) => {
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

const lines = [];
const log = (text, time = new Date().toISOString()) => {
  lines.unshift(new Date(time).toLocaleTimeString("en-GB") + "  " + text);
  lines.length = Math.min(lines.length, 200);
  show("events", lines.join("\\n"));
};

const warnings = [];
const warn = ({ code, message, time }) => {
  const key = code + " " + message.replace(${String(HELD_BACK)}, "").replaceAll(${String(NUMBERS)}, "0"); // it tells the same with other numbers
  const known = warnings.findIndex((warning) => warning.key === key);
  const times = known < 0 ? 1 : warnings.splice(known, 1)[0].times + 1;
  warnings.unshift({ key, message, time, times });
  warnings.length = Math.min(warnings.length, 50);
  at("warned").hidden = false;
  at("warnings").replaceChildren(...warnings.map((warning) => {
    const item = document.createElement("li");
    const again = warning.times > 1 ? " (" + warning.times + " times)" : "";
    item.textContent = new Date(warning.time).toLocaleTimeString("en-GB") + again + "  " + warning.message;
    return item;
  }));
};

let run = null;
let known = new Map();
const ended = () => run !== null && ["done", "stopped", "diverged", "failed"].includes(run.state);

/** A metric's name up to the slash is the chart, what follows is the line; a number of the config has a chart of its own. */
const chartMetrics = (step, metrics) => {
  const charted = new Map();
  for (const [whole, value] of Object.entries(metrics)) {
    const name = whole.replace(/^config\\//, "");
    const slash = name.indexOf("/");
    const title = slash < 0 ? name : name.slice(0, slash);
    charted.set(title, { ...charted.get(title), [slash < 0 ? "" : name.slice(slash + 1)]: value });
  }
  for (const [title, values] of charted) charts.add(title, step, values);
};

${HANDLERS_SCRIPT}
let last = 0;
let heardAt = 0;
let lostAt = 0;
let connection = "connecting";
const since = (moment) => duration(Math.max(0, Date.now() - moment) / 1000); // other machines have other clocks
const tick = () => {
  const isLost = lostAt > 0 && !ended();
  if (isLost) at("connection").dataset.lost = ""; else delete at("connection").dataset.lost;
  if (lostAt > 0 && ended()) return show("connection", "the run has ended, and its coordinator with it: this is how it ended");
  if (isLost) return show("connection", "not connected for " + since(lostAt) + connection + ", trying again; what follows is how it was then");
  show("connection", connection + (heardAt ? ", last event " + since(heardAt) + " ago" : ""));
};

let retryMs = 1000;
const connect = () => {
  const url = new URL("/events?since=" + last, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.onopen = () => {
    connection = "connected";
    lostAt = 0;
    retryMs = 1000;
    tick();
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "gap") {
      if (event.newest < last) charts.clear(); // another coordinator, which counts anew
      if (event.missed > 0) log(plural(event.missed, "event") + " are missing here");
      return;
    }
    last = event.id;
    heardAt = Date.parse(event.time);
    handlers[event.type]?.(event); // a coordinator that was restarted may be a newer one
    tick();
  };
  socket.onclose = ({ reason }) => {
    connection = reason ? " (" + reason + ")" : "";
    lostAt ||= Date.now();
    tick();
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 10000);
  };
};
connect();
setInterval(tick, 1000);
`;
