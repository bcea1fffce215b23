// The dashboard's web page, as text, so that it is wherever the program is: in the sources and in dist.
import { hashOf, htmlOf, policyOf } from "./html.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Only the script and the style of this page run; it talks to its own server only. */
export const CONTENT_SECURITY_POLICY = policyOf(STYLE, [
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'none'",
]);

const BODY = `
<header>
<h1 id="run">Ganglion</h1>
<span id="state"></span>
<span id="connection" role="status">needs JavaScript</span>
</header>
<progress id="progress" value="0" aria-label="steps made"></progress>
<dl class="numbers">
<div><dt>step</dt><dd id="step">-</dd></div>
<div><dt>speed</dt><dd id="speed">-</dd></div>
<div><dt>time left</dt><dd id="remaining">-</dd></div>
<div><dt>images</dt><dd id="images">-</dd></div>
<div><dt>epoch</dt><dd id="epoch">-</dd></div>
</dl>
<section id="warned" hidden>
<h2>Warnings</h2>
<ul id="warnings" class="scroll"></ul>
</section>
<h2>Training</h2>
<p id="untrained" class="quiet">No step is made yet: nodes join and prepare.</p>
<div id="charts" class="grid"></div>
<div class="grid">
<section>
<h2>Samples</h2>
<p id="sample-step" class="quiet">none yet</p>
<img id="sample" hidden alt="newest samples of the generator">
</section>
<section>
<h2>Nodes</h2>
<p id="node-count" class="quiet">none yet</p>
<div id="node-table" class="box scroll" hidden>
<table>
<thead><tr><th>node</th><th>state</th><th>threads</th><th>engine</th><th>device</th><th>contri&shy;butions</th><th>ms a shard</th></tr></thead>
<tbody id="nodes"></tbody>
</table>
</div>
<p id="refused" class="quiet"></p>
</section>
</div>
<div class="grid">
<section>
<h2>Run</h2>
<table class="box">
<tr><th scope="row">preset</th><td id="preset">-</td></tr>
<tr><th scope="row">batch</th><td id="batch">-</td></tr>
<tr id="evaluated" hidden><th scope="row">evaluation</th><td id="evaluation"></td></tr>
<tr><th scope="row">checkpoint</th><td id="checkpoint">none yet</td></tr>
<tr><th scope="row">folder</th><td id="folder">-</td></tr>
</table>
<h2>Parameters</h2>
<table class="box"><tbody id="parameters"></tbody></table>
<details id="numbers" hidden>
<summary>All numbers of the newest step</summary>
<h2>Metrics</h2>
<table class="box"><tbody id="metrics"></tbody></table>
<h2>Gradient norms, by network and layer</h2>
<table class="box"><tbody id="gradients"></tbody></table>
</details>
</section>
<section>
<h2>What happened</h2>
<div class="box scroll"><pre id="events"></pre></div>
</section>
</div>
<script>${SCRIPT}</script>
`;

export const PAGE = htmlOf({ style: STYLE, body: BODY });
