// The broker's process ends, and is started again a minute later on the same port, with what it had stored.
import { test } from "vitest";
import { natsServer } from "../support/nats-server.ts";
import { TWO_SENTENCES, expectNoTrace, undisturbedRun } from "./absence.ts";

test("a NATS server that ends in mid run, or is killed, and is back after a minute leaves no trace but two sentences", async () => {
  const undisturbed = await undisturbedRun();
  const signals = ["SIGTERM", "SIGKILL"] as const;
  await Promise.all(
    signals.map(async (signal) => {
      const server = await natsServer({ jetStream: true });
      const { url } = server;
      await expectNoTrace(undisturbed, {
        name: signal,
        coordinator: { url },
        nodes: [{ url }, { url }],
        sessions: "kept",
        warnings: TWO_SENTENCES,
        begin: () => server.kill(signal),
        end: () => server.start(),
      });
    }),
  );
});
