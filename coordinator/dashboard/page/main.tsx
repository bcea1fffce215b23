// The page begins: one store, which listens, and one tree of components, which draws it.
import { render } from "preact";
import { App } from "./app.tsx";
import { Store } from "./live/store.ts";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/pictures.css";
import "./style/charts.css";
import "./style/cluster.css";

const store = new Store();
const root = document.getElementById("app");
if (root) render(<App store={store} />, root);
store.start();
