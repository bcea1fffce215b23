// Draws the charts of the page: part of its script.
import { bucketsOf, decadesOf, shortNumber, thinned, ticksOf } from "./chart-math.ts";

/** `charts.add(title, step, values, { isLog })` remembers, `charts.draw()` shows all; a chart appears with its first value. */
export const CHART_SCRIPT = `
${[bucketsOf, thinned, ticksOf, decadesOf, shortNumber].map(String).join("\n")}

const MOST_POINTS = 4000;
const groups = new Map();
const COLOURS = { discriminator: 0, generator: 1, classifier: 0 };

const svg = (name, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

const groupOf = (title, isLog) => {
  if (!groups.has(title)) {
    const figure = document.createElement("figure");
    const legend = figure.appendChild(document.createElement("figcaption"));
    const picture = figure.appendChild(svg("svg", { role: "img" }));
    document.getElementById("charts").appendChild(figure);
    groups.set(title, { legend, picture, isLog, series: new Map() });
  }
  return groups.get(title);
};

const drawGroup = (title, { legend, picture, isLog, series }) => {
  const width = picture.clientWidth || 600;
  const height = picture.clientHeight || 170;
  const [left, right, top, bottom] = [44, 8, 8, 18];
  const drawn = [...series].map(([name, points], i) => {
    const kept = isLog ? points.map(([step, value]) => [step, value > 0 ? Math.log10(value) : null]) : points;
    return { name, points, colour: "c" + (COLOURS[name] ?? i % 6), buckets: bucketsOf(kept, Math.round(width / 4)) };
  });
  const all = drawn.flatMap(({ buckets }) => buckets);
  const caption = document.createElement("b");
  caption.textContent = title;
  const entries = drawn.map(({ name, points, colour }) => {
    const entry = document.createElement("span");
    entry.className = colour;
    entry.textContent = (name + " " + shortNumber(points[points.length - 1][1])).trim();
    return entry;
  });
  legend.replaceChildren(caption, ...entries);
  picture.setAttribute("aria-label", title + ": " + entries.map(({ textContent }) => textContent).join(", "));
  if (all.length === 0) {
    const middle = { x: width / 2, y: height / 2, "text-anchor": "middle" };
    return picture.replaceChildren(svg("text", middle, "no numbers to draw"));
  }
  const first = Math.min(...drawn.map(({ points }) => points[0][0]));
  const last = Math.max(...drawn.map(({ points }) => points[points.length - 1][0]));
  // The noise of single steps may leave the picture: it must not flatten what they have in common.
  const means = all.map(({ mean }) => mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const margin = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  const [least, most] = [low - margin, high + margin];
  const x = (step) => left + (last > first ? (step - first) / (last - first) : 0.5) * (width - left - right);
  const y = (value) => {
    const at = top + (most - value) / (most - least) * (height - top - bottom);
    return Math.min(height - bottom, Math.max(top, at));
  };
  const path = (points) => points.map(([step, value]) => x(step).toFixed(1) + "," + y(value).toFixed(1)).join(" ");
  const rules = (isLog ? decadesOf : ticksOf)(least, most).flatMap((tick) => [
    svg("line", { class: "rule", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
    svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, shortNumber(Number((isLog ? 10 ** tick : tick).toPrecision(3)))),
  ]);
  const lines = drawn.flatMap(({ buckets, colour }) => [
    svg("polygon", { class: "band " + colour, points: path([
      ...buckets.map(({ step, most }) => [step, most]),
      ...buckets.map(({ step, least }) => [step, least]).reverse(),
    ]) }),
    buckets.length === 1
      ? svg("circle", { class: colour, cx: x(buckets[0].step), cy: y(buckets[0].mean), r: 2.5 })
      : svg("polyline", { class: "mean " + colour, points: path(buckets.map(({ step, mean }) => [step, mean])) }),
  ]);
  picture.replaceChildren(
    ...rules,
    svg("text", { x: left, y: height - 4 }, "step " + Math.round(first).toLocaleString("en-US")),
    svg("text", { x: width - right, y: height - 4, "text-anchor": "end" }, Math.round(last).toLocaleString("en-US")),
    ...lines,
  );
};

let isDue = false;
const charts = {
  add(title, step, values, { isLog = false } = {}) {
    const { series } = groupOf(title, isLog);
    for (const [name, value] of Object.entries(values)) {
      if (!series.has(name)) series.set(name, []);
      const points = series.get(name);
      while (points.length > 0 && points[points.length - 1][0] >= step) points.pop(); // resumed from a checkpoint
      points.push([step, typeof value === "number" ? value : null]);
      if (points.length > MOST_POINTS) series.set(name, thinned(points));
    }
  },
  /** At most a few times a second, however many events come. */
  draw() {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      for (const [title, group] of groups) drawGroup(title, group);
    }, 250);
  },
  clear() {
    groups.clear();
    document.getElementById("charts").replaceChildren();
  },
};
addEventListener("resize", charts.draw);
`;
