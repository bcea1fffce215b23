// The page for a browser that has not given the token yet: one field, which sends it to `/?token=…`.
import { type PlainPage, plainPage } from "./plain-page.ts";

const STYLE = `
body { min-height: 100vh; display: grid; place-items: center; padding: 1rem; }
form { width: min(100%, 25rem); padding: 1.75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0; font-size: 1.25rem; }
p { margin: .25rem 0 1.25rem; color: var(--quiet); }
label { font-size: .875rem; }
input, button { width: 100%; font: inherit; padding: .55rem .7rem; border-radius: 8px; border: 1px solid var(--line); }
input { margin: .35rem 0 1rem; background: var(--paper); color: inherit; }
button { border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
`;

export function loginPage(wasWrong: boolean): PlainPage {
  const message = wasWrong
    ? "This is not the token of this dashboard."
    : "This dashboard needs the token that its coordinator was started with.";
  const body = `<form action="/">
<h1>Ganglion</h1>
<p>${message}</p>
<label>Token (--token or GANGLION_TOKEN)
<input type="password" name="token" required autofocus autocomplete="current-password"></label>
<button>Open</button>
</form>`;
  return plainPage({ title: "Ganglion", style: STYLE, body });
}
