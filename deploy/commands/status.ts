// `ganglion status`: the runs of a NATS server, their nodes, their speed, and what they refused.
import type { Command } from "commander";
import { connectNatsServer } from "../../shared/transport/nats-client.ts";
import { type RunRecord, isAlive, listRuns } from "../../shared/transport/nats-registry.ts";
import { count, duration } from "../numbers.ts";
import { type NatsFlags, addNatsFlags, natsOptions } from "../transport-options.ts";

interface StatusFlags extends NatsFlags {
  readonly json?: boolean;
}

export function addStatus(program: Command): void {
  addNatsFlags(program.command("status").description("list the runs of a NATS server, with nodes and speed"))
    .option("--json", "one JSON object a run and line")
    .addHelpText("after", "\nExample:\n  ganglion status --nats nats://192.0.2.7\n")
    .action((flags: StatusFlags) => status(flags));
}

async function status(flags: StatusFlags): Promise<void> {
  const client = await connectNatsServer(natsOptions(flags));
  try {
    const { runs, strange } = await listRuns(client);
    const now = Date.now();
    const write = (text: string): void => void process.stdout.write(`${text}\n`);
    if (flags.json) {
      for (const run of runs) write(JSON.stringify({ event: "run", alive: isAlive(run, now), ...run }));
      return;
    }
    if (runs.length === 0) write(`no runs at ${client.address}`);
    for (const run of runs) for (const line of describeRun(run, now)) write(line);
    if (strange > 0) write(`${strange} more entries that this version cannot read`);
  } finally {
    await client.close();
  }
}

const ENDED: ReadonlySet<string> = new Set(["done", "stopped", "failed"]);

export function describeRun(run: RunRecord, now: number): string[] {
  const { state, step, steps, version, imagesPerSecond, heartbeat } = run;
  const silence = duration(Math.max(0, now - heartbeat) / 1000);
  // Status follows what is heard: nothing looks alive when its coordinator is not.
  const life = ENDED.has(state)
    ? `${state} ${silence} ago`
    : isAlive(run, now)
      ? state
      : `silent for ${silence}`;
  const speed = isAlive(run, now) ? `, ${count(imagesPerSecond)} images/s` : "";
  const refused = Object.entries(run.refused).map(([reason, times]) => `${count(times)} ${reason}`);
  return [
    `${run.run}: ${life}, step ${count(step)}/${count(steps)}, weights version ${count(version)}${speed}`,
    `  on ${run.host}, dashboard ${run.dashboard ?? "off"}, refused ${refused.length > 0 ? refused.join(", ") : "nothing"}`,
    ...run.nodes.map(
      ({ node, state: at, threads, engine, device, contributions }) =>
        `  ${node}: ${at}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${engine} on ${device}, ${count(contributions)} contributions`,
    ),
  ];
}
