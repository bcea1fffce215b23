// The NATS server of a launch: started before the coordinator, again when it crashes, stopped after the last node.
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pause } from "../../shared/async/back-off.ts";
import { GanglionError } from "../../shared/errors.ts";
import { readCertificate } from "../../shared/transport/tls/certificate-files.ts";
import { BackOff, CRASHES } from "../nodes/back-off.ts";
import type { Display } from "../terminal/display.ts";
import { brokerConfig } from "./broker-config.ts";
import type { BrokerToStart } from "./cluster-file/broker-fields.ts";
import { planBroker } from "./launch-plan.ts";
import { type StartedProcess, startProcess } from "./processes.ts";

export interface StartedBroker {
  /** Ends it by force and removes its folder: for the launcher's own exit. */
  readonly kill: () => void;
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;
/** The whole cluster waits for it. */
const FIRST_PAUSE_MS = 1000;

/** What is worth showing of its log. */
const SERIOUS = /\[(?:WRN|ERR|FTL)\]/;

/**
 * Resolves when it is ready to be connected to. What it has stored is thrown away when it is stopped.
 *
 * @throws GanglionError USAGE when its certificate or key cannot be used, TRANSPORT with the server's own words when it
 *   cannot start
 */
export async function startBroker(
  broker: BrokerToStart,
  token: string,
  display: Pick<Display, "relay" | "warn">,
): Promise<StartedBroker> {
  const { listen, program, tlsCert: certFile, tlsKey: keyFile } = broker;
  // Checked here first: the server's own messages are for those who know it.
  if (certFile !== undefined && keyFile !== undefined) await readCertificate({ certFile, keyFile });
  const folder = await mkdtemp(join(tmpdir(), "ganglion-broker-"));
  await writeFile(join(folder, "nats.conf"), `${brokerConfig(broker, folder).join("\n")}\n`);
  const start = (): Server => startServer(program, folder, token, display.relay);
  let server = start();
  const failed = await Promise.race([server.ready, server.lost]);
  if (failed !== null) {
    await rm(folder, { recursive: true, force: true });
    throw new GanglionError(
      "TRANSPORT",
      `the broker ${program} did not start on ${listen}: ${remedied(failed)}`,
    );
  }
  const stopping = new AbortController();
  const { signal } = stopping;
  const kept = keep();

  async function keep(): Promise<void> {
    const backOff = new BackOff(FIRST_PAUSE_MS);
    for (;;) {
      const startedAt = performance.now();
      const how = await server.lost;
      if (signal.aborted) return;
      const pauseMs = backOff.crashed(performance.now() - startedAt);
      if (pauseMs === null) {
        display.warn(
          "TRANSPORT",
          `the broker ended (${how}), ${CRASHES} times in a row: nothing arrives any more, stop the run by Ctrl-C`,
        );
        return;
      }
      display.warn("TRANSPORT", `the broker ended (${how}): it is started again in ${pauseMs / 1000} s`);
      await pause(pauseMs, signal);
      if (signal.aborted) return;
      server = start();
    }
  }

  return {
    kill() {
      server.process.kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async stop() {
      stopping.abort();
      await server.process.stop(GRACE_MS);
      await kept;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Server {
  readonly process: StartedProcess;
  readonly ready: Promise<null>;
  /** Resolves, when it has ended, with what went wrong. */
  readonly lost: Promise<string>;
}

function startServer(program: string, folder: string, token: string, relay: Display["relay"]): Server {
  let words = "";
  let announce: (() => void) | null = null;
  const ready = new Promise<null>((resolve) => (announce = () => resolve(null)));
  const process = startProcess(planBroker(program, folder), token, {
    line: (text) => relay("broker", text),
    complaint(text) {
      if (text.includes("Server is ready")) announce?.();
      const isMissing = text.includes("not found"); // the shell's words
      if (!SERIOUS.test(text) && !isMissing) return;
      words = isMissing ? "there is no such program" : text.replace(/^.*\[(?:WRN|ERR|FTL)\] /, "");
      relay("broker", words);
    },
  });
  const lost = process.ended.then((ending) => words || (ending.kind === "failed" ? ending.how : "ended"));
  return { process, ready, lost };
}

/** What the server says of its failure, and how to fix it. */
function remedied(failed: string): string {
  if (/address already in use/.test(failed))
    return `${failed}. Another server has it (the broker of a launch that was killed goes after 15 s): give this one a free address (listen), or name the one that runs: broker: { kind: nats, url: nats://HOST:PORT }`;
  return `${failed}. Install a NATS server (Debian: apt-get install nats-server), name its program (broker.program), or name a server that runs: broker: { kind: nats, url: nats://HOST:PORT }`;
}
