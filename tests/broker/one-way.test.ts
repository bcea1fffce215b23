// A cable of which one half is broken: packets go, and none come back, or the other way round.
import { test } from "vitest";
import { natsServer } from "../support/nats-server.ts";
import { type TestHost, createNetwork, whyNoPartition } from "../support/hosts.ts";
import { type Absence, type Place, expectNoTrace, undisturbedRun } from "./absence.ts";

const missing = whyNoPartition();
process.stdout.write(
  missing === null
    ? "one-way partitions: by iptables, between hosts that are network namespaces\n"
    : `tests of one-way partitions are skipped: ${missing}\n`,
);

test.skipIf(missing !== null)(
  "a minute in which packets pass one way only, to the nodes or the coordinator or from them, leaves no trace",
  async () => {
    const { address, hosts } = createNetwork(4);
    const config = 'authorization { token: "secret" }';
    const server = await natsServer({ jetStream: true, host: address, config });
    const here: Place = { url: server.url };
    const on = ({ name }: TestHost): Place => ({ url: server.url, by: ["ip", "netns", "exec", name] });
    const partition = (
      name: string,
      places: Pick<Absence, "coordinator" | "nodes">,
      cuts: readonly (readonly [TestHost, "to others" | "from others"])[],
    ): Absence => ({
      name,
      token: "secret",
      sessions: "renewed",
      ...places,
      begin: () => cuts.forEach(([host, direction]) => host.silence(direction)),
      end: () => cuts.forEach(([host]) => host.endSilence()),
    });
    const [dumb, deaf, dumbCoordinator, deafCoordinator] = hosts;
    const undisturbed = await undisturbedRun();
    await Promise.all(
      [
        // Both, so that the run stands still, and not one node alone goes on to the end.
        partition("nodes", { coordinator: here, nodes: [on(dumb), on(deaf)] }, [
          [dumb, "to others"],
          [deaf, "from others"],
        ]),
        partition("dumb-coordinator", { coordinator: on(dumbCoordinator), nodes: [here, here] }, [
          [dumbCoordinator, "to others"],
        ]),
        partition("deaf-coordinator", { coordinator: on(deafCoordinator), nodes: [here, here] }, [
          [deafCoordinator, "from others"],
        ]),
      ].map((absence) => expectNoTrace(undisturbed, absence)),
    );
  },
);
