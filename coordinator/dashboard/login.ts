// The page for a browser that has not given the token yet: one field, which sends it to `/?token=…`.
import { createHash } from "node:crypto";

const STYLE = `
:root { color-scheme: light dark; --paper: #f5f6f8; --panel: #fff; --ink: #16191d; --quiet: #5c6570; --line: #d9dde3; --accent: #0b63c5; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0e1116; --panel: #161b22; --ink: #e8ebef; --quiet: #9aa4b1; --line: #2b323c; --accent: #6cb2ff; --on-accent: #0b1320; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
form { width: min(100%, 25rem); padding: 1.75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0; font-size: 1.25rem; }
p { margin: .25rem 0 1.25rem; color: var(--quiet); }
label { font-size: .875rem; }
input, button { width: 100%; font: inherit; padding: .55rem .7rem; border-radius: 8px; border: 1px solid var(--line); }
input { margin: .35rem 0 1rem; background: var(--paper); color: inherit; }
button { border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
`;

/** Its style and nothing else: no script runs, and the form goes to this server alone. */
export const LOGIN_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function loginPage(wasWrong: boolean): string {
  const message = wasWrong
    ? "This is not the token of this dashboard."
    : "This dashboard needs the token that its coordinator was started with.";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ganglion</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<form action="/">
<h1>Ganglion</h1>
<p>${message}</p>
<label>Token (--token or GANGLION_TOKEN)
<input type="password" name="token" required autofocus autocomplete="current-password"></label>
<button>Open</button>
</form>
</body>
</html>
`;
}
