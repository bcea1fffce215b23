// The list of runs as a page that needs no script.
import type { RunsAnswer } from "../../coordinator/dashboard/api/schemas.ts";
import { type PlainPage, plainPage } from "../../coordinator/dashboard/plain-page.ts";
import { count } from "../terminal/format.ts";

const STYLE = `
body { padding: 2rem clamp(1rem, 4vw, 3rem); }
h1 { margin: 0; font-size: 1.4rem; }
h1 + p { margin: .25rem 0 1.5rem; color: var(--quiet); overflow-wrap: anywhere; }
div { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem 1rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-size: .8rem; font-weight: 500; color: var(--quiet); }
tr:last-child td { border-bottom: 0; }
td { font-variant-numeric: tabular-nums; }
td:last-child { min-width: 14rem; white-space: normal; }
a { color: var(--accent); font-weight: 600; text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
`;
const HEADINGS = ["run", "state", "step", "best FID", "differs in"];

export function listPage({ folder, runs }: RunsAnswer): PlainPage {
  const heads = HEADINGS.map((text) => `<th>${text}</th>`).join("");
  const table = `<div><table><thead><tr>${heads}</tr></thead><tbody>${runs.map(rowOf).join("\n")}</tbody></table></div>`;
  const body = `<h1>Runs</h1>
<p>in ${escaped(folder)}</p>
${runs.length === 0 ? "<p>There are none yet: start one with <code>ganglion train</code>.</p>" : table}`;
  return plainPage({ title: `Runs in ${escaped(folder)}`, style: STYLE, body });
}

function rowOf({ run, url, state, step, steps, best, differs, problem }: RunsAnswer["runs"][number]): string {
  const cells = [
    problem ?? state,
    steps > 0 ? `${count(step)} of ${count(steps)}` : count(step),
    best ? best.fid.toPrecision(4) : "",
    differs.slice(0, 4).join(", "),
  ].map((text) => `<td>${escaped(text)}</td>`);
  return `<tr><td><a href="${escaped(url)}">${escaped(run)}</a></td>${cells.join("")}</tr>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
} // prettier-ignore
