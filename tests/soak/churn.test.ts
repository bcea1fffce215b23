// Does a long run end, with the right weights and in as much memory, while workers come and go all the time?
import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { soak, undisturbedHash } from "./soak.ts";

/** What drifts by a little a step has reached its end by then: one run stood still after 28,489. */
const STEPS = Number(process.env["GANGLION_SOAK_STEPS"] ?? 200_000);
/** Decides who visits for how long, and how the visit ends; the weights it does not. */
const SEED = Number(process.env["GANGLION_SOAK_SEED"] ?? randomInt(1_000_000));
const IMAGES = 500;
/** A heap breathes by tens of MB. Over the 150,000 steps that are compared, this is less than a kilobyte a step. */
const GROWTH_MB = 100;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

describe("workers that come and go for the length of a run leave its weights as they are, and no more memory in use", () => {
  let expected: unknown = null; // the same for every transport

  test.for(["ws", "nats"] as const)("over %s", async (transport) => {
    const out = await temporaryFolder();
    const data = await writeIdxFolder(join(out, "data"), IMAGES, [8, 8, 1], 10);
    const config = join(out, "config.json");
    await writeFile(config, JSON.stringify({ latentSize: 30 }));
    const model = fileURLToPath(new URL("./networks.ts", import.meta.url));
    const size = ["--batch", "8", "--shard", "1", "--steps", String(STEPS)]; // 8 shards
    const flags = ["--model", model, "--config", config, "--data", data, ...size, "--out", out];
    say(`${transport}: ${STEPS} steps, GANGLION_SOAK_SEED=${SEED}`);
    expected ??= await undisturbedHash(flags, STEPS, say);
    const server = transport === "nats" ? await startNatsServer({ jetStream: true }) : null;
    try {
      const soaked = await soak({
        name: transport,
        steps: STEPS,
        seed: SEED,
        images: IMAGES,
        coordinator: [
          "coordinator",
          ...flags,
          ...(server ? ["--nats", server.url, "--run", "soak"] : ["--listen", "127.0.0.1:0"]),
        ],
        join: (address) => (server ? ["--nats", server.url, "--run", "soak"] : ["--join", address]),
        say,
      });
      say(JSON.stringify(soaked));
      expect(soaked.weightsHash).toBe(expected);
      expect(soaked.violations).toEqual([]);
      for (const [process, growth] of Object.entries(soaked.growthMb))
        expect(growth, `MB by which ${process} grew`).toBeLessThan(GROWTH_MB);
    } finally {
      await server?.stop();
    }
  });
});
