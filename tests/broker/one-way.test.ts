// A cable of which one half is broken: packets go, and none come back, or the other way round.
import { test } from "vitest";
import { createNetwork, whyNoPartition } from "../support/hosts.ts";
import { natsServer } from "../support/nats-server.ts";
import { tcpProxy } from "../support/tcp-proxy.ts";
import { type Absence, type Place, expectNoTrace, undisturbedRun } from "./absence.ts";

const WIRES = 4;

/** Where processes run, and what is between them and the server. */
interface Wire {
  readonly place: Place;
  /** Nothing passes any more in one direction: up is to the server. */
  readonly cut: (direction: "up" | "down") => void;
  readonly mend: () => void;
}

interface Network {
  /** On the server's own machine. */
  readonly here: Place;
  readonly wires: readonly Wire[];
}

const SERVER = { jetStream: true, config: 'authorization { token: "secret" }' } as const;

const missing = whyNoPartition();

test("a minute in which packets pass one way only, to the nodes or the coordinator or from them, leaves no trace", async () => {
  const how =
    missing === null ? "dropped by iptables between network namespaces" : `held by a proxy: ${missing}`;
  process.stdout.write(`one-way partitions: packets are ${how}\n`);
  const { here, wires } = await (missing === null ? networkOfHosts() : networkOfProxies());
  const [dumb, deaf, dumbCoordinator, deafCoordinator] = wires;
  const common = { token: "secret", sessions: "renewed" } as const;
  const absences: Absence[] = [
    {
      ...common,
      name: "nodes", // both, so that the run stands still: else the other would go on to its end
      coordinator: here,
      nodes: [dumb.place, deaf.place],
      begin: () => [dumb.cut("up"), deaf.cut("down")],
      end: () => [dumb.mend(), deaf.mend()],
    },
    {
      ...common,
      name: "dumb-coordinator",
      coordinator: dumbCoordinator.place,
      nodes: [here, here],
      begin: () => dumbCoordinator.cut("up"),
      end: dumbCoordinator.mend,
    },
    {
      ...common,
      name: "deaf-coordinator",
      coordinator: deafCoordinator.place,
      nodes: [here, here],
      begin: () => deafCoordinator.cut("down"),
      end: deafCoordinator.mend,
    },
  ];
  const undisturbed = await undisturbedRun();
  await Promise.all(absences.map((absence) => expectNoTrace(undisturbed, absence)));
});

async function networkOfHosts(): Promise<Network> {
  const { address, hosts } = createNetwork(WIRES);
  const server = await natsServer({ ...SERVER, host: address });
  const { url } = server;
  const wires = hosts.map(({ name, silence, endSilence }): Wire => ({
    place: { url, by: ["ip", "netns", "exec", name] },
    cut: silence,
    mend: endSilence,
  }));
  return { here: { url }, wires };
}

async function networkOfProxies(): Promise<Network> {
  const server = await natsServer(SERVER);
  const proxies = await Promise.all(Array.from({ length: WIRES }, () => tcpProxy(server.port)));
  const wires = proxies.map((proxy): Wire => ({
    place: { url: `nats://127.0.0.1:${proxy.port}` },
    cut: (direction) => proxy.freeze(direction),
    mend: () => proxy.thaw(),
  }));
  return { here: { url: server.url }, wires };
}
