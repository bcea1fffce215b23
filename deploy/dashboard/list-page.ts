// The list of runs as a plain page, which needs no script.
import type { RunsAnswer } from "../../coordinator/dashboard/api/schemas.ts";
import { count } from "../terminal/format.ts";

export function listPage({ folder, runs }: RunsAnswer): string {
  const rows = runs.map(
    ({ run, url, state, step, steps, best, differs, problem }) =>
      `<tr><td><a href="${escaped(url)}">${escaped(run)}</a></td>` +
      [
        problem ?? state,
        steps > 0 ? `${count(step)} of ${count(steps)}` : count(step),
        best ? best.fid.toPrecision(4) : "",
        differs.slice(0, 4).join(", "),
      ]
        .map((text) => `<td>${escaped(text)}</td>`)
        .join("") +
      "</tr>",
  );
  const table =
    runs.length === 0
      ? "<p>No runs yet: start one with <code>ganglion train</code>.</p>"
      : `<table><thead><tr><th>run</th><th>state</th><th>step</th><th>best FID</th><th>differs in</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Runs in ${escaped(folder)}</title>
</head>
<body>
<h1>Runs in ${escaped(folder)}</h1>
${table}
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
} // prettier-ignore
