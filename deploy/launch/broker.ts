// The NATS server of a launch: started before the coordinator, stopped after the last node, its store thrown away.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GanglionError } from "../../shared/errors.ts";
import { readCertificate } from "../../shared/transport/certificate-files.ts";
import type { Display } from "../display.ts";
import { brokerConfig } from "./broker-config.ts";
import type { Broker } from "./cluster.ts";
import { planBroker } from "./launch-plan.ts";
import { startProcess } from "./processes.ts";

export interface StartedBroker {
  /** Resolves, with what went wrong in words, should it end before it is asked to. */
  readonly lost: Promise<string>;
  readonly kill: () => void;
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;

/** Everything but trifles. */
const SERIOUS = /\[(?:WRN|ERR|FTL)\]/;

/**
 * Resolves when it is ready to be connected to.
 *
 * @throws GanglionError USAGE when its certificate or key cannot be used, TRANSPORT with the server's own words when it
 *   cannot start
 */
export async function startBroker(
  broker: Extract<Broker, { kind: "start" }>,
  token: string,
  relay: Display["relay"],
): Promise<StartedBroker> {
  const { listen, program, tlsCert: certFile, tlsKey: keyFile } = broker;
  // Before the server does, whose words are for who knows it.
  if (certFile !== undefined && keyFile !== undefined) await readCertificate({ certFile, keyFile });
  const folder = await mkdtemp(join(tmpdir(), "ganglion-broker-"));
  await writeFile(join(folder, "nats.conf"), `${brokerConfig(broker, folder).join("\n")}\n`);
  let words = "";
  let announce: (() => void) | null = null;
  const ready = new Promise<null>((resolve) => (announce = () => resolve(null)));
  const server = startProcess(planBroker(program, folder), token, {
    line: (text) => relay("broker", text),
    complaint(text) {
      if (text.includes("Server is ready")) announce?.();
      const isMissing = text.includes("not found"); // the shell's words
      if (!SERIOUS.test(text) && !isMissing) return;
      words = isMissing ? "there is no such program" : text.replace(/^.*\[(?:WRN|ERR|FTL)\] /, "");
      relay("broker", words);
    },
  });
  const lost = server.ended.then((ending) => words || (ending.kind === "failed" ? ending.how : "ended"));
  const failed = await Promise.race([ready, lost]);
  if (failed !== null) {
    await rm(folder, { recursive: true, force: true });
    throw new GanglionError(
      "TRANSPORT",
      `the broker ${program} did not start on ${listen}: ${failed}. Install a NATS server (Debian: apt-get install nats-server), give it a free address (listen), or name one that runs: broker: { kind: nats, url: nats://HOST:PORT }`,
    );
  }
  return {
    lost,
    kill: () => server.kill(),
    async stop() {
      await server.stop(GRACE_MS);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
