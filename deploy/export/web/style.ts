// How the exported page looks.

export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce3, #333a45); --soft: light-dark(#5b6472, #9aa4b2);
  --card: light-dark(#fff, #1b2028); --accent: #4c7dff; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; background: light-dark(#f4f5f7, #12161c); color: light-dark(#1a1f27, #e6eaf0); }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 48px; display: grid; gap: 20px; grid-template-columns: minmax(0, 1fr) 320px; }
header { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; }
h1 { font-size: 22px; margin: 0; }
h2 { font-size: 14px; margin: 0 0 10px; }
#about, #status { color: var(--soft); font-size: 13px; }
#status { margin-left: auto; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; }
.column { display: grid; gap: 20px; align-content: start; }
canvas { display: block; width: 100%; image-rendering: pixelated; border-radius: 6px; background: #808080; }
#pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(70px, 1fr)); gap: 8px; }
#pictures button { padding: 0; border: 2px solid transparent; border-radius: 8px; background: none; line-height: 0; }
#pictures button[aria-pressed="true"] { border-color: var(--accent); }
.bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin-bottom: 12px; }
.bar label { display: flex; align-items: center; gap: 6px; font-size: 13px; color: var(--soft); }
button, select, input[type="number"] { font: inherit; font-size: 13px; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 6px 11px; }
button { cursor: pointer; }
button:hover { border-color: var(--accent); }
button.first { background: var(--accent); border-color: var(--accent); color: #fff; }
input[type="number"] { width: 7em; padding: 5px 8px; }
input[type="range"] { accent-color: var(--accent); width: 100%; }
#sliders { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 14px; margin-top: 10px; }
#sliders label { display: grid; grid-template-columns: 2.2em 1fr; align-items: center; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
.ends { display: grid; grid-template-columns: 96px minmax(0, 300px) 96px; gap: 14px; align-items: center; justify-content: center; }
@media (max-width: 760px) { main { grid-template-columns: minmax(0, 1fr); } }
`;
