// What the dashboard's pages have in common: their frame, and the policy that lets nothing but themselves run.
import { createHash } from "node:crypto";

export interface Page {
  readonly style: string;
  readonly body: string;
}

export function htmlOf({ style, body }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ganglion</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>${body}</body>
</html>
`;
}

/** Cannot be framed; the style, and what `others` allow, is all. */
export function policyOf(style: string, others: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...others,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
