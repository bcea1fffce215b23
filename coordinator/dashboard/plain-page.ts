// Pages that need no script: one style in the colours of the run's page, and a policy that allows that style alone.
import { createHash } from "node:crypto";

const COLOURS = `
:root { color-scheme: light dark; --paper: #f5f6f8; --panel: #fff; --ink: #16191d; --quiet: #5c6570; --line: #d9dde3; --accent: #0b63c5; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0e1116; --panel: #161b22; --ink: #e8ebef; --quiet: #9aa4b1; --line: #2b323c; --accent: #6cb2ff; --on-accent: #0b1320; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
`;

export interface PlainPage {
  readonly html: string;
  /** Its Content-Security-Policy: no script runs, and forms go to this server alone. */
  readonly policy: string;
}

/** `title`, `style` and `body` as HTML has them: what is in them is escaped already. */
export function plainPage({
  title,
  style,
  body,
}: Readonly<Record<"title" | "style" | "body", string>>): PlainPage {
  const whole = COLOURS + style;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(whole).digest("base64")}'`,
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${whole}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return { html, policy };
}
