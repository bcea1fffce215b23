// The broker's process is there, and does nothing for a minute: connections stay open, and say nothing.
import { test } from "vitest";
import { natsServer } from "../support/nats-server.ts";
import { expectNoTrace, undisturbedRun } from "./absence.ts";

test("a NATS server that is stopped in mid run and continued after a minute leaves no trace", async () => {
  const server = await natsServer({ jetStream: true });
  const { url } = server;
  await expectNoTrace(await undisturbedRun(), {
    name: "SIGSTOP",
    coordinator: { url },
    nodes: [{ url }, { url }],
    sessions: "kept",
    begin: () => server.signal("SIGSTOP"),
    end: () => server.signal("SIGCONT"),
  });
});
