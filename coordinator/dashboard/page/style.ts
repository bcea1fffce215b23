// How the page looks: one column on a phone, two on a desk, light or dark as the system is.

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1d20; --quiet: #5a6068; --line: #d8dbe0; --panel: #f5f6f8;
  --good: #1a7f37; --busy: #0b5cad; --bad: #b3261e; --warn: #8a5300; --warn-panel: #fff4dc; --bad-panel: #fde8e6;
  --c0: #0b6bcb; --c1: #c2570c; --c2: #1a7f37; --c3: #8a3ab9; --c4: #b3261e; --c5: #5a6068;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --ink: #e7e9ec; --quiet: #a3aab3; --line: #353a42; --panel: #1d2026;
    --good: #5fd07a; --busy: #74b5ff; --bad: #ff8a80; --warn: #f2c063; --warn-panel: #33290f; --bad-panel: #3a1d1b;
    --c0: #5aa9ff; --c1: #ffa057; --c2: #5fd07a; --c3: #cf9bff; --c4: #ff8a80; --c5: #a3aab3;
  }
}
* { box-sizing: border-box; }
body { max-width: 80rem; margin: 0 auto; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .9rem; }
#state { font-weight: 600; color: var(--busy); overflow-wrap: anywhere; }
#state[data-state=done], #state[data-state=stopped] { color: var(--good); }
#state[data-state=failed], #state[data-state=diverged], #state[data-state=stalled] { color: var(--bad); }
#connection { color: var(--quiet); }
#connection[data-lost] { color: var(--bad); background: var(--bad-panel); padding: .1rem .5rem; border-radius: 4px; }
progress { width: 100%; height: .5rem; margin: .6rem 0; accent-color: var(--busy); }
.numbers, .grid { display: grid; gap: .6rem; }
.numbers { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); margin: 0; }
.numbers div, figure, .box { background: var(--panel); border-radius: 6px; padding: .5rem .7rem; margin: 0; min-width: 0; }
dt, .quiet, figcaption { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.1rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.grid { grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figcaption { display: flex; flex-wrap: wrap; gap: 0 .9rem; }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: 170px; }
svg text { fill: var(--quiet); font-size: 11px; }
svg .rule { stroke: var(--line); }
svg .mean { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
svg .band { stroke: none; opacity: .18; }
${[0, 1, 2, 3, 4, 5].map((i) => `.c${i} { stroke: var(--c${i}); fill: var(--c${i}); color: var(--c${i}); }`).join("\n")}
.scroll { max-height: 22rem; overflow: auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
th { font-weight: 400; color: var(--quiet); white-space: nowrap; }
th[scope=row], #parameters td:first-child { width: 7rem; }
#folder, #checkpoint, #evaluation, #metrics td:first-child, #gradients td:first-child { overflow-wrap: anywhere; }
#nodes td:first-child { min-width: 9rem; overflow-wrap: anywhere; }
.scroll.box { padding-top: 0; }
thead th { position: sticky; top: 0; background: var(--panel); padding-top: .4rem; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
#warnings { margin: 0; padding: 0; list-style: none; }
#warnings li { background: var(--warn-panel); border-left: 4px solid var(--warn); border-radius: 4px; padding: .4rem .7rem;
  margin-bottom: .4rem; overflow-wrap: anywhere; }
#events { margin: 0; padding-top: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, monospace; }
#sample { display: block; width: 100%; max-width: 36rem; image-rendering: pixelated; border-radius: 4px; }
summary { cursor: pointer; margin: .6rem 0; }
@media (max-width: 600px) {
  th, td { padding-right: .45rem; }
  .scroll table { font-size: .8rem; }
  #node-table th { white-space: normal; }
  #node-table th, #node-table td { padding-right: .35rem; }
  #nodes td:first-child { min-width: 2.6rem; }
}
[hidden] { display: none !important; }
`;
