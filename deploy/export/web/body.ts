// What is on the exported page.

export const BODY = `
<main>
  <header><h1 id="title"></h1><span id="about"></span><span id="status" role="status">loading …</span></header>
  <div class="column">
    <section>
      <div class="bar">
        <button class="first" id="more">New pictures</button>
        <label>seed <input id="seed" type="number" min="0" step="1" value="0"></label>
        <label id="classes">class <select id="class"></select></label>
        <label>variety <input id="truncation" type="range" min="0" max="1" step="0.01" value="1" aria-label="truncation"><output id="psi">1</output></label>
        <button id="save-all">Download all</button>
      </div>
      <div id="pictures"></div>
    </section>
    <section>
      <h2>From picture to picture</h2>
      <div class="ends"><canvas id="from"></canvas><canvas id="between"></canvas><canvas id="to"></canvas></div>
      <div class="bar" style="margin: 12px 0 0">
        <input id="along" type="range" min="0" max="1" step="0.005" value="0.5" aria-label="from the first to the second picture" style="flex: 1">
        <button id="play">Play</button>
        <label>The two that were chosen last</label>
      </div>
    </section>
  </div>
  <section>
    <h2>The chosen picture</h2>
    <canvas id="large"></canvas>
    <div class="bar" style="margin: 12px 0 0">
      <button id="save">Download</button>
      <button id="reset">Undo changes</button>
      <button id="other">Other sliders</button>
    </div>
    <div id="sliders"></div>
  </section>
</main>
`;
