// `--format web`: a folder with a page that draws in any browser, opened as a file or from any web server.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../../../shared/random/random.ts";
import { provenance } from "../describe.ts";
import { onnxOf } from "../onnx/export-onnx.ts";
import { type ExportSource, classNamesOf } from "../source.ts";
import { BODY } from "./body.ts";
import { packed, webRuntime } from "./runtime.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** The names of what is written. */
export const WEB_FILES: ReadonlySet<string> = new Set(["index.html", "runtime.js", "model.js"]);

/** The run's own samples that the page begins with. */
const SAMPLES = 24;

/** Nothing may be loaded but the two scripts beside the page, and nothing be sent. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' file: blob: 'unsafe-inline' 'wasm-unsafe-eval'",
  "style-src 'unsafe-inline'",
  "img-src blob: data:",
  "connect-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export async function writeWebPage(source: ExportSource, folder: string): Promise<void> {
  const { checkpoint, config } = source;
  const model = await onnxOf(source, "generator");
  const runtime = await webRuntime();
  const { step, weights } = provenance(source, "generator");
  const takesLabels = model.inputs.some(({ name }) => name === "labels");
  const facts = {
    name: `${config.preset}-${step}`,
    about: `a generator trained for ${Number(step).toLocaleString("en-US")} steps: ${weights}`,
    imageShape: checkpoint.config.imageShape,
    latentSize: config.latentSize,
    classes: takesLabels ? classNamesOf(checkpoint) : [],
    inputs: model.inputs.map(({ name, shape, doc }) => ({ name, shape, random: distributionIn(doc) })),
    samples: samplesOf(config),
  };
  const script = `${runtime.module}${SCRIPT}`;
  await writeFile(join(folder, "index.html"), pageOf(script));
  await writeFile(
    join(folder, "runtime.js"),
    `globalThis.RUNTIME = "${await packed(runtime.webAssembly)}";\n`,
  );
  const data = `globalThis.FACTS = ${JSON.stringify(facts)};\nglobalThis.MODEL = "${await packed(model.bytes)}";\n`;
  await writeFile(join(folder, "model.js"), data);
}

function distributionIn(doc: string | undefined): string | null {
  return /independent, (uniform|truncated normal|normal)$/.exec(doc ?? "")?.[1] ?? null;
}

/** Noise of the run's samples: what `generate` draws first, to seven digits. */
function samplesOf({ seed, latentSize }: ExportSource["config"]): number[][] {
  return Array.from({ length: SAMPLES }, (_, i) => {
    const noise = new Float32Array(latentSize);
    stream(seed, "sample", i).fillNormal(noise);
    return Array.from(noise, (value) => Number(value.toPrecision(7)));
  });
}

function pageOf(script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Ganglion</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>${BODY}
<script src="runtime.js"></script>
<script src="model.js"></script>
<script type="module">
${script}
</script>
</body>
</html>
`;
}
