// One long run: a coordinator, two workers that stay, and a place that others take for seconds; watched all the time.
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { growthMb } from "./memory.ts";
import { type Program, startJson, startProgram } from "./program.ts";
import { type Visits, receiveVisitors } from "./visitors.ts";
import { Watch } from "./watch.ts";

export interface SoakOptions {
  readonly name: string;
  readonly steps: number;
  /** Of the visits, not of the run. */
  readonly seed: number;
  /** Its command, with all that the run needs. */
  readonly coordinator: readonly string[];
  /** How a worker joins at the address that the coordinator tells. */
  readonly join: (address: string) => readonly string[];
  /** Images of the data set. */
  readonly images: number;
  readonly say: (line: string) => void;
}

export interface Soaked {
  readonly weightsHash: unknown;
  readonly visits: Visits;
  /** By which each process that stayed grew after the first quarter of the run. */
  readonly growthMb: Readonly<Record<string, number>>;
  /** What does not hold of the ledger. */
  readonly violations: readonly string[];
}

const STAYING = ["worker-a", "worker-b"];

/** Rejects when the run stands still, or when one of its processes ends in another way than it should. */
export async function soak({ name, steps, seed, images, say, ...commands }: SoakOptions): Promise<Soaked> {
  const watch = new Watch({ name, steps, say });
  const coordinator = startJson([...commands.coordinator, "--dashboard", "off"], watch.hear);
  const coordinated = ended("the coordinator", coordinator);
  const address = await Promise.race([watch.address, coordinated.then(() => "")]);
  const start = (node: string): Program =>
    startProgram(["worker", ...commands.join(address), "--node", node, "--quiet"]);
  const staying = STAYING.map((node) => [node, start(node)] as const);
  const visits: Visits = { left: 0, killed: 0 };
  watch.begin([["coordinator", coordinator], ...staying], visits);
  const visitors = receiveVisitors({ seed, start, ready: watch.ready, over: watch.over.signal }, visits);
  try {
    await Promise.race([
      Promise.all([coordinated, ...staying.map(([node, program]) => ended(node, program))]),
      visitors.then(() => new Promise(() => undefined)), // they end with the run; only their mishaps end it
      watch.standsStill,
    ]);
  } finally {
    watch.end();
  }
  await visitors;
  const { run, weightsHash } = watch.done;
  const ledger = await readLedger((await findRun(String(run))).ledgerFile);
  const growths = [...watch.readings].map(([process, readings]) => [process, growthMb(readings)]);
  return {
    weightsHash,
    visits,
    growthMb: Object.fromEntries(growths) as Record<string, number>,
    violations: verifyLedger(ledger, images),
  };
}

/** Of the same run on one worker of the same process; fails when it fails. */
export async function undisturbedHash(
  flags: readonly string[],
  steps: number,
  say: (line: string) => void,
): Promise<unknown> {
  const begun = performance.now();
  let weightsHash: unknown = null;
  const local = ["--transport", "memory", "--workers", "1", "--dashboard", "off"];
  const program = startJson(["train", ...flags, ...local], (event) => {
    if (event.event === "done") ({ weightsHash } = event);
  });
  await ended("the undisturbed run", program);
  say(`undisturbed, on one worker: ${((1000 * steps) / (performance.now() - begun)).toFixed(0)} steps/s`);
  return weightsHash;
}

async function ended(name: string, program: Program): Promise<void> {
  const { code, signal, stderr } = await program.ended;
  if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}: ${stderr}`);
}
