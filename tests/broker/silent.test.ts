// The broker's process is there, and does nothing for a minute: connections stay open, and say nothing.
import { test } from "vitest";
import { natsServer } from "../support/nats-server.ts";
import { TWO_SENTENCES, expectNoTrace, undisturbedRun } from "./absence.ts";

test("a NATS server that is stopped in mid run and continued after a minute leaves no trace but two sentences", async () => {
  const server = await natsServer({ jetStream: true });
  const { url } = server;
  await expectNoTrace(await undisturbedRun(), {
    name: "SIGSTOP",
    coordinator: { url },
    nodes: [{ url }, { url }],
    sessions: "kept",
    warnings: TWO_SENTENCES,
    begin: () => server.signal("SIGSTOP"),
    end: () => server.signal("SIGCONT"),
  });
});
