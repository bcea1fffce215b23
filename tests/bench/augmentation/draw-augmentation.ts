// Draws real images as D sees them: as they are, through DiffAugment, through ADA with p 0.3, 0.6 and 1.
//
//   npx jiti tests/bench/augmentation/draw-augmentation.ts cifar10-train-10k.tar docs/pictures/augmentation.png
import type * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { tensorflow } from "../../../coordinator/compiler/models/users/model-context.ts";
import { ada } from "../../../coordinator/compiler/objectives/augment/ada/ada.ts";
import { diffAugment } from "../../../coordinator/compiler/objectives/augment/diff-augment/diff-augment.ts";
import { traceProgram } from "../../../coordinator/compiler/trace/trace.ts";
import { gridPixels } from "../../../coordinator/records/sample-grid.ts";
import { openImages } from "../../../shared/data/images.ts";
import { loadDataset } from "../../../shared/data/load.ts";
import { arraysFor, sizeOf } from "../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../shared/program/random-inputs.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";
import { runOnceOn } from "../../../worker/run-once.ts";

const COLUMNS = 12;
const SCALE = 2;
const LEFT = 110;
const context = tensorflow();

const ROWS: readonly (readonly [string, (images: tf.Tensor) => tf.Tensor])[] = [
  ["as they are", (images) => images],
  ["DiffAugment", (images) => diffAugment(context, images)],
  ["ADA, p = 0.3", (images) => ada(context, images, 0.3)],
  ["ADA, p = 0.6", (images) => ada(context, images, 0.6)],
  ["ADA, p = 1", (images) => ada(context, images, 1)],
];

const [data, file] = process.argv.slice(2);
if (file === undefined) throw new RangeError("name the data set and the picture to write");
const { images, imageShape, count } = await loadDataset(data, "train");
const shape = [COLUMNS, ...imageShape];
const program = await traceProgram(({ input }) => {
  const real = input("real", shape);
  return Object.fromEntries(ROWS.map(([name, augment]) => [name, augment(real)]));
});
const inputs = arraysFor(program, program.inputs);
const size = sizeOf(shape);
const reader = openImages(images, sizeOf(imageShape));
const apart = Math.floor(count / COLUMNS); // a folder is sorted by class
for (let i = 0; i < COLUMNS; i++)
  inputs["real"].set(
    Float32Array.from(reader.read(i * apart), (byte) => byte / 127.5 - 1),
    i * (size / COLUMNS),
  );
reader.close();
fillRandomInputs(program, inputs, 1, ["picture"]);
const outputs = await runOnceOn(createGraphEngine("this machine"), program, inputs);

const all = new Float32Array(ROWS.length * size);
ROWS.forEach(([name], row) => all.set(outputs[name], row * size));
const { data: pixels, ...raw } = gridPixels({ images: all, imageShape, columns: COLUMNS, scale: SCALE });
const pitch = raw.height / ROWS.length;
const texts = ROWS.map(([name], row) => `<text x="0" y="${(row + 0.5) * pitch + 4}">${name}</text>`);
const labels = `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT}" height="${raw.height}" font-family="sans-serif"
  font-size="13" fill="#374151">${texts.join("")}</svg>`;
const grid = await sharp(pixels, { raw }).png().toBuffer();
await sharp({
  create: { width: LEFT + raw.width, height: raw.height, channels: 3, background: "white" },
})
  .composite([
    { input: Buffer.from(labels), left: 4, top: 0 },
    { input: grid, left: LEFT, top: 0 },
  ])
  .png({ palette: true, effort: 10 })
  .toFile(file);
