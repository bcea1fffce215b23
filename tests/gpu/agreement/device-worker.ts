// The process that computes on one device, so that a crash of a driver ends it alone: phases in, errors out.
import { readFile } from "node:fs/promises";
import { deserialize } from "node:v8";
import { decodeProgram } from "../../../shared/program/program.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { Engine } from "../../../worker/engine/engine.ts";
import { openEngine } from "../../../worker/engine/open-engine.ts";
import { runOnceOn } from "../../../worker/run-once.ts";
import { errorsOfStep } from "../../support/step-errors.ts";
import type { DeviceAnswer, DeviceRequest } from "./device-process.ts";
import type { PhaseFile } from "./phases.ts";

serve();

function serve(): void {
  let engine: Promise<Engine> | undefined;
  const errorsOf = async ({ file, device }: DeviceRequest): Promise<DeviceAnswer> => {
    const opened = await (engine ??= openEngine({ engine: "graph", device }));
    const { program, inputs, expected } = deserialize(await readFile(file)) as PhaseFile;
    const actual = await runOnceOn(opened, decodeProgram(program), inputs);
    return { kind: "errors", errors: errorsOfStep(actual, expected) };
  };
  const answer = async (request: DeviceRequest): Promise<void> => {
    const result = await errorsOf(request).catch((error: unknown): DeviceAnswer => ({
      kind: "fails",
      cause: messageOf(error),
    }));
    process.send!(result);
  };
  process.on("message", (request: DeviceRequest) => void answer(request));
  process.on("disconnect", () => process.exit(0));
}
