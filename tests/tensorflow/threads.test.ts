// The binding in several threads of one process, as Ganglion uses it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findTensorflow } from "../../worker/engine/tensorflow/installation.ts";

/** A thread that gives the binding 80,000 names of attributes which it has not met. */
const THREAD = `
  const { workerData: { binding, thread } } = require("node:worker_threads");
  const { executeOp } = require(binding);
  for (let call = 0; call < 40; call++) {
    const attributes = Array.from({ length: 2000 }, (_, i) => ({
      name: "a" + (Math.imul(2000 * call + i, 2654435761) >>> 0).toString(36) + "-" + thread, // in no order
      type: 2,
      value: 1,
    }));
    try {
      executeOp("Identity", attributes, [], 1);
    } catch {} // it has no such attributes, and says so after it has kept their names
  }
`;

const PROCESS = `
  const { Worker } = require("node:worker_threads");
  for (let thread = 0; thread < 4; thread++)
    new Worker(${JSON.stringify(THREAD)}, { eval: true, workerData: { binding: process.argv[1], thread } });
`;

test("threads that meet names of attributes at once neither crash nor hang", async () => {
  // The package's own source, without our mend, failed here in three or four processes of five.
  for (let time = 0; time < 8; time++) {
    const ended = promisify(execFile)(process.execPath, ["-e", PROCESS, findTensorflow().binding], {
      timeout: 60_000,
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1" },
    });
    await expect(ended).resolves.toMatchObject({ stdout: "" });
  }
});
