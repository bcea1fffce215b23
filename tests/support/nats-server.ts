// Real nats-server processes for tests: free ports, stores of their own, killed and started again at will.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { findNatsServer } from "./find-nats-server.ts";

export interface NatsServerOptions {
  /** More lines of its configuration. */
  readonly config?: string;
  readonly jetStream?: boolean;
  /** Where it listens; default 127.0.0.1. */
  readonly host?: string;
  /** Variables that its configuration names. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface NatsServer {
  /** `nats://HOST:PORT`, the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** Resolves when it has ended. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it again, where it was and with what it had stored; with another configuration where one is given. */
  start(config?: string): Promise<void>;
  /** SIGSTOP and SIGCONT: it is there, and silent. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

/** Starts a server that ends with the test, or, outside of one, with `stop`. */
export async function startNatsServer(
  options: NatsServerOptions = {},
): Promise<NatsServer & { stop(): Promise<void> }> {
  const program = await findNatsServer();
  const { host = "127.0.0.1" } = options;
  const folder = await mkdtemp(join(tmpdir(), "ganglion-nats-"));
  const file = join(folder, "nats.conf");
  const store = options.jetStream
    ? `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }\n`
    : "";
  let child: ChildProcess | null = null;
  let port = 0;

  async function start(config = options.config ?? ""): Promise<void> {
    await writeFile(file, `${store}${config}\n`);
    if (port !== 0) return await launch();
    for (let attempt = 1; ; attempt++) {
      port = quietPort();
      try {
        return await launch();
      } catch (error) {
        if (attempt === ATTEMPTS) throw error; // else the port may have been taken
      }
    }
  }

  async function launch(): Promise<void> {
    const started = spawn(program, ["-c", file, "-a", host, "-p", String(port)], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd: folder,
      env: { ...process.env, ...options.environment },
    });
    child = started;
    const log: string[] = [];
    const lines = createInterface({ input: started.stderr });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        log.push(line);
        if (line.includes("Server is ready")) resolve();
      });
      started.once("exit", () => reject(new Error(`nats-server ended:\n${log.join("\n")}`)));
    });
  }

  async function kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  await start();
  return {
    get url() {
      return `nats://${host}:${port}`;
    },
    get port() {
      return port;
    },
    kill,
    start,
    signal: (name) => void child?.kill(name),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Below the ports that the system gives to outgoing connections: a client that tries again and again to reach a port
 * of those, where nobody listens, may one day be given that very port, and is connected to itself.
 */
function quietPort(): number {
  return randomInt(20_000, 32_000);
}

const ATTEMPTS = 10;

/** The same, for the length of a test. */
export async function natsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}
