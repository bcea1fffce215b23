// The page for a browser that has not given the token yet: one field, which sends it to `/?token=…`.
import { htmlOf, policyOf } from "./html.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { max-width: 24rem; margin: 20vh auto; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; }
input, button { font: inherit; padding: 0.4rem; }
input { width: 100%; box-sizing: border-box; margin: 0.3rem 0 0.6rem; }
`;

export const LOGIN_POLICY = policyOf(STYLE, ["img-src data:", "form-action 'self'"]);

export function loginPage(wasWrong: boolean): string {
  const message = wasWrong
    ? "This is not the token of this dashboard."
    : "This dashboard needs the token that its coordinator was started with.";
  const body = `
<h1>Ganglion</h1>
<form action="/">
<p>${message}</p>
<label>Token (--token or GANGLION_TOKEN)
<input type="password" name="token" required autofocus autocomplete="current-password"></label>
<button>Open</button>
</form>
`;
  return htmlOf({ style: STYLE, body });
}
