import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { runPaths } from "../../../../coordinator/records/run-paths.ts";
import { openDashboard } from "../../../../deploy/run/run-dashboard.ts";

const FOLDER = runPaths("/nowhere/00001-run");
const HERE = { host: "127.0.0.1" };

test("a second run on a machine shows itself on another port than the usual one, where none was asked for", async () => {
  const port = await takenPort();
  const history = new EventHistory();
  const dashboard = await openDashboard({ dashboard: { ...HERE, port, orFree: true } }, history, FOLDER);
  onTestFinished(() => dashboard?.close());
  expect(dashboard?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(dashboard?.url).not.toContain(`:${port}`);
  await expect(openDashboard({ dashboard: { ...HERE, port } }, history, FOLDER)).rejects.toThrow(
    `port ${port} of 127.0.0.1 is taken`,
  );
});

test("what is wrong beside that is told", async () => {
  const dashboard = { host: "0.0.0.0", port: 0, orFree: true };
  await expect(openDashboard({ dashboard }, new EventHistory(), FOLDER)).rejects.toMatchObject({
    code: "AUTH",
  });
});

test("there is none where it is off", async () => {
  expect(await openDashboard({ dashboard: "off" }, new EventHistory(), FOLDER)).toBeNull();
});

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, HERE.host);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
