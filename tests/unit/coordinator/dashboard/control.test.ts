// `/control` of the dashboard's server, with real sockets: who may steer, what is taken in, and how it is answered.
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { type Dashboard, startDashboard } from "../../../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../../../coordinator/dashboard/site.ts";
import { runPaths } from "../../../../coordinator/records/run-paths.ts";
import type { Answered, ControlRequest, SteeringView } from "../../../../coordinator/steering/requests.ts";

const VIEW: SteeringView = {
  run: "r",
  state: "training",
  step: 3,
  checkpoints: [2],
  config: null,
  pending: 0,
};
const PAUSE = { id: "request-1", action: "pause" };

let folder: string;
let dashboard: Dashboard;
let asked: { readonly request: ControlRequest; readonly from: string }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-control-"));
  asked = [];
  dashboard = await startDashboard({
    host: "127.0.0.1",
    port: 0,
    site: siteOfRun({ history: new EventHistory(), folder: runPaths(folder) }),
    control: {
      tokens: ["steer-1", "steer-2"],
      submit(one, from): Promise<Answered> {
        asked.push({ request: one, from });
        const { id, action } = one;
        if (action === "evaluate")
          return Promise.resolve({ id, action, outcome: "refused", step: 3, reason: "no" });
        return Promise.resolve({ id, action, outcome: "applied", step: 3, said: [] });
      },
      pendingOf: ({ id, action }) => ({ id, action, outcome: "pending", step: 3 }),
      view: () => Promise.resolve(VIEW),
    },
  });
});

afterEach(async () => {
  await dashboard.close();
  await rm(folder, { recursive: true });
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Heard {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

function send({ method = "POST", path = "/control", body, headers = {} }: Sent): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const one = request(new URL(path, dashboard.url), { method, headers, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, text, headers: response.headers }));
    });
    one.on("error", reject);
    one.end(body);
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const ALLOWED = { ...JSON_TYPE, authorization: "Bearer steer-2" };

test("a request with a token is done, and its sender hears how it was answered", async () => {
  const { status, text } = await send({ body: JSON.stringify({ ...PAUSE, by: "ana" }), headers: ALLOWED });
  expect([status, JSON.parse(text)]).toEqual([200, { ...PAUSE, outcome: "applied", step: 3, said: [] }]);
  expect(asked).toEqual([{ request: { ...PAUSE, by: "ana" }, from: "ana at 127.0.0.1" }]);
  const refused = await send({
    body: JSON.stringify({ id: "request-2", action: "evaluate" }),
    headers: ALLOWED,
  });
  expect(refused.status).toBe(409);
  expect(JSON.parse((await send({ method: "GET", headers: ALLOWED })).text)).toEqual(VIEW);
});

test("a viewer without a token reads everything and changes nothing", async () => {
  expect((await send({ method: "GET", path: "/health" })).status).toBe(200);
  const body = JSON.stringify(PAUSE);
  for (const headers of [JSON_TYPE, { ...JSON_TYPE, authorization: "Bearer wrong" }]) {
    const { status, text } = await send({ body, headers });
    expect(status).toBe(401);
    expect(text).toContain("ganglion control RUN link");
    expect((await send({ method: "GET", headers })).status).toBe(401);
  }
  expect((await send({ path: "/", body, headers: ALLOWED })).status).toBe(405);
  expect(asked).toEqual([]);
});

test("a page of another site cannot steer, even in a browser that has the token", async () => {
  const html = { accept: "text/html" };
  const entered = await send({ method: "GET", path: "/?token=steer-1", headers: html });
  expect(entered.status).toBe(303);
  const [cookie] = String(entered.headers["set-cookie"]).split("; ");
  expect(
    (await send({ method: "GET", path: "/?token=wrong", headers: html })).headers["set-cookie"],
  ).toBeUndefined();
  const body = JSON.stringify(PAUSE);
  for (const origin of ["http://evil.example", "http://127.0.0.1:1", "null"])
    expect((await send({ body, headers: { ...JSON_TYPE, cookie, origin } })).status).toBe(403);
  expect((await send({ body, headers: { ...JSON_TYPE, cookie, host: "evil.example" } })).status).toBe(403);
  expect((await send({ body, headers: { "content-type": "text/plain", cookie } })).status).toBe(415);
  expect(asked).toEqual([]);
  expect((await send({ body, headers: { ...JSON_TYPE, cookie, origin: dashboard.url } })).status).toBe(200);
});

test.each([
  ["{", "this is no JSON"],
  ["{}", "action"],
  [JSON.stringify({ action: "pause" }), "field id"],
  [JSON.stringify({ ...PAUSE, id: "../../etc" }), "field id"],
  [JSON.stringify({ ...PAUSE, to: 3 }), "Unrecognized key"],
  [JSON.stringify({ ...PAUSE, action: "set", change: [] }), "field change"],
  [JSON.stringify({ ...PAUSE, action: "rollback", to: -1 }), "field to"],
  [JSON.stringify({ ...PAUSE, action: "set", change: ["x".repeat(2000)] }), "field change.0"],
])("the message %s is refused: %s", async (body, why) => {
  const { status, text } = await send({ body, headers: ALLOWED });
  expect(status).toBe(400);
  expect(text).toContain(why);
  expect(asked).toEqual([]);
});

test("a message that is too long is refused, whether it says so or not", async () => {
  const body = JSON.stringify({ ...PAUSE, by: "x".repeat(70_000) });
  expect((await send({ body, headers: ALLOWED })).status).toBe(413);
  expect((await send({ body, headers: { ...ALLOWED, "transfer-encoding": "chunked" } })).status).toBe(413);
  expect(asked).toEqual([]);
});
