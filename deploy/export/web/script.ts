// What runs in the exported page, after ONNX Runtime Web: draws pictures, and lets their latent vectors be moved.
import { LATENT_SCRIPT } from "./latent-script.ts";

/**
 * Expects `ort` (ONNX Runtime Web), `RUNTIME` and `MODEL` (its WebAssembly and the ONNX file, gzipped, base64) and `FACTS`.
 * Ids of elements are the names of what they show.
 */
export const SCRIPT = `
const at = (id) => document.getElementById(id);
${LATENT_SCRIPT}
const [height, width, channels] = FACTS.imageShape;
const isConditional = FACTS.classes.length > 0;
const SHOWN = 24, SLIDERS = 16;
let session, busy = Promise.resolve();
let pictures = [], chosen = [0, 1], firstSlider = 0, playing = false;

async function unpacked(base64) {
  const packed = await (await fetch("data:application/octet-stream;base64," + base64)).blob();
  return new Uint8Array(await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

async function open() {
  ort.env.wasm.numThreads = 1; // more need headers that a plain folder has not
  ort.env.wasm.wasmBinary = (await unpacked(RUNTIME)).buffer;
  ort.env.logLevel = "error";
  const model = await unpacked(MODEL);
  const wanted = new URLSearchParams(location.search).get("device");
  const adapter = wanted === "wasm" ? null : await navigator.gpu?.requestAdapter().catch(() => null);
  const providers = adapter ? ["webgpu", "wasm"] : ["wasm"];
  for (const provider of providers) {
    try {
      session = await ort.InferenceSession.create(model, { executionProviders: [provider] });
      await run([new Float32Array(FACTS.latentSize)], [0]); // whether it can draw shows when it does
      return provider;
    } catch (error) {
      if (provider === providers.at(-1)) throw error;
    }
  }
}

/** Images [H · W · C] in -1 … 1 of latent vectors and class numbers, one call after the other. */
function draw(vectors, classes) {
  const result = busy.then(() => run(vectors, classes));
  busy = result.catch(() => undefined);
  return result;
}

async function run(vectors, classes) {
  const count = vectors.length, size = height * width * channels;
  const feeds = {};
  for (const { name, shape, random } of FACTS.inputs) {
    const dims = [count, ...shape.slice(1)];
    const length = dims.reduce((product, side) => product * side, 1);
    if (name === "noise") feeds[name] = new ort.Tensor("float32", Float32Array.from(vectors.flatMap((vector) => [...vector])), dims);
    else if (name === "labels") feeds[name] = new ort.Tensor("int64", BigInt64Array.from(classes, BigInt), dims);
    else feeds[name] = new ort.Tensor("float32", Float32Array.from({ length }, randomNumbers(7, random)), dims);
  }
  const { images } = await session.run(feeds);
  const data = await images.getData();
  return vectors.map((_, i) => data.slice(i * size, (i + 1) * size));
}

function paint(canvas, image) {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const byte = (channel) => Math.round((Math.min(1, Math.max(-1, image[pixel * channels + channel])) + 1) * 127.5);
    const color = channels >= 3 ? [byte(0), byte(1), byte(2)] : [byte(0), byte(0), byte(0)];
    pixels.data.set([...color, channels === 4 ? byte(3) : 255], pixel * 4);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

const scaled = (vector) => vector.map((value) => value * Number(at("truncation").value));
const classFor = (i) => (at("class").value === "" ? i % Math.max(1, FACTS.classes.length) : Number(at("class").value));

/** Pictures of the run's own samples first, then of the seed. */
function newPictures() {
  const seed = Number(at("seed").value);
  const samples = seed === 0 ? FACTS.samples : [];
  pictures = Array.from({ length: SHOWN }, (_, i) => {
    const start = samples[i] ? Float32Array.from(samples[i]) : latent(seed, i, FACTS.latentSize);
    return { start, vector: start.slice() };
  });
  chosen = [0, 1];
  return drawAll();
}

async function drawAll() {
  const classes = pictures.map((picture, i) => (picture.label = classFor(i)));
  const images = await draw(pictures.map(({ vector }) => scaled(vector)), classes);
  pictures.forEach((picture, i) => (picture.image = images[i]));
  showAll();
  await drawBetween();
}

function showAll() {
  at("pictures").replaceChildren(...pictures.map(({ image }, i) => {
    const button = document.createElement("button");
    button.title = isConditional ? "picture " + (i + 1) + ": " + FACTS.classes[pictures[i].label] : "picture " + (i + 1);
    button.setAttribute("aria-pressed", String(i === chosen[0]));
    button.onclick = () => choose(i);
    paint(button.appendChild(document.createElement("canvas")), image);
    return button;
  }));
  showChosen();
}

function showChosen() {
  const { vector, image } = pictures[chosen[0]];
  paint(at("large"), image);
  paint(at("from"), pictures[chosen[1]].image);
  paint(at("to"), image);
  at("sliders").replaceChildren(...Array.from({ length: Math.min(SLIDERS, FACTS.latentSize) }, (_, i) => {
    const number = (firstSlider + i) % FACTS.latentSize;
    const label = document.createElement("label");
    label.textContent = "z" + number;
    const slider = label.appendChild(document.createElement("input"));
    Object.assign(slider, { type: "range", min: -3, max: 3, step: 0.01, value: vector[number] });
    slider.oninput = () => {
      vector[number] = Number(slider.value);
      void drawChosen();
    };
    return label;
  }));
}

let isMoved = false;
/** Of several moves while one is drawn, the last is drawn next. */
async function drawChosen() {
  if (isMoved) return;
  isMoved = true;
  await busy;
  isMoved = false;
  const [i] = chosen, picture = pictures[i];
  [picture.image] = await draw([scaled(picture.vector)], [picture.label]);
  paint(at("large"), picture.image);
  paint(at("to"), picture.image);
  paint(at("pictures").children[i].firstChild, picture.image);
  await drawBetween();
}

function choose(i) {
  if (i !== chosen[0]) chosen = [i, chosen[0]];
  showAll();
  void drawBetween();
}

async function drawBetween() {
  const [to, from] = chosen.map((i) => pictures[i]);
  const t = Number(at("along").value);
  const vector = slerp(scaled(from.vector), scaled(to.vector), t);
  const [image] = await draw([vector], [t < 0.5 ? from.label : to.label]);
  paint(at("between"), image);
}

async function play() {
  playing = !playing;
  at("play").textContent = playing ? "Stop" : "Play";
  for (const started = performance.now(); playing; await new Promise(requestAnimationFrame)) {
    const turn = ((performance.now() - started) / 3000) % 2;
    at("along").value = turn < 1 ? turn : 2 - turn;
    await drawBetween();
  }
}

function download(canvas, name) {
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function downloadAll() {
  const all = document.createElement("canvas"), columns = 6;
  all.width = columns * (width + 2) - 2;
  all.height = Math.ceil(pictures.length / columns) * (height + 2) - 2;
  [...at("pictures").children].forEach((button, i) =>
    all.getContext("2d").drawImage(button.firstChild, (i % columns) * (width + 2), Math.floor(i / columns) * (height + 2)));
  download(all, FACTS.name + "-all.png");
}

at("title").textContent = FACTS.name;
document.title = FACTS.name;
at("about").textContent = FACTS.about;
at("classes").hidden = !isConditional;
at("class").append(new Option("in turn", ""), ...FACTS.classes.map((name, i) => new Option(name, i)));
at("more").onclick = () => {
  at("seed").value = Number(at("seed").value) + 1;
  void newPictures();
};
at("seed").onchange = () => void newPictures();
at("class").onchange = () => void drawAll();
at("truncation").oninput = () => {
  at("psi").textContent = at("truncation").value;
  void drawAll();
};
at("along").oninput = () => void drawBetween();
at("play").onclick = () => void play();
at("save").onclick = () => download(at("large"), FACTS.name + ".png");
at("save-all").onclick = downloadAll;
at("reset").onclick = () => {
  pictures[chosen[0]].vector.set(pictures[chosen[0]].start);
  showChosen();
  void drawChosen();
};
at("other").onclick = () => {
  firstSlider = (firstSlider + SLIDERS) % FACTS.latentSize;
  showChosen();
};

try {
  const provider = await open();
  at("status").textContent = "drawn here, on " + (provider === "webgpu" ? "the GPU (WebGPU)" : "the CPU (WebAssembly)");
  await newPictures();
  globalThis.ganglion = { draw, facts: FACTS }; // for the console
  document.body.dataset.ready = provider;
} catch (error) {
  at("status").textContent = "this browser cannot draw: " + error;
  document.body.dataset.ready = "failed";
  throw error;
}
`;
