// The dashboard's server, with real sockets: who may see it, what it serves, and how it ends.
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { get as secureGet } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { readPage } from "../../../../coordinator/dashboard/page-files.ts";
import {
  startDashboard,
  type Dashboard,
  type DashboardOptions,
} from "../../../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../../../coordinator/dashboard/site.ts";
import { runPaths } from "../../../../coordinator/records/run-paths.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { reachableHosts } from "../../../../shared/transport/tls/own-addresses.ts";
import { readCertificate } from "../../../../shared/transport/tls/certificate-files.ts";
import { makeCertificate } from "../../../support/certificate.ts";
import { Listener, runEvent, stepEvent, warningEvent } from "./support.ts";

let folder: string;
let history: EventHistory;
let dashboards: Dashboard[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-dashboard-"));
  history = new EventHistory();
  dashboards = [];
});

afterEach(async () => {
  await Promise.all(dashboards.map((dashboard) => dashboard.close()));
  await rm(folder, { recursive: true });
});

describe("events", () => {
  test("sends first what happened, then what happens", async () => {
    const { url } = await start();
    history.publish(runEvent());
    history.publish(stepEvent(1));
    const client = new Listener(url);
    await client.until(2);
    history.publish(stepEvent(2));
    expect((await client.until(3)).map(({ type }) => type)).toEqual(["run", "step", "step"]);
    expect(client.ids).toEqual([1, 2, 3]);
    expect(client.heard[2]).toEqual(history.since(2).events[0]);
  });

  test("sends what happened since an id", async () => {
    const { url } = await start();
    for (let step = 1; step <= 5; step++) history.publish(stepEvent(step));
    const client = new Listener(url, "?since=3");
    await client.until(2);
    expect(client.ids).toEqual([4, 5]);
  });

  test("gives each event exactly once to a client that keeps coming back", async () => {
    const { url } = await start();
    const ids: number[] = [];
    let published = 0;
    while (ids.length < 1000) {
      const client = new Listener(url, `?since=${ids.at(-1) ?? 0}`);
      // 250 events before, between and after the connection stands; it breaks while events are under way.
      for (let i = 0; i < 100 && published < 1000; i++) history.publish(stepEvent(++published));
      await once(client.socket, "open");
      for (let i = 0; i < 150 && published < 1000; i++) history.publish(stepEvent(++published));
      await client.until(Math.min(120, 1000 - ids.length));
      client.socket.terminate();
      ids.push(...client.ids);
    }
    expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test("says how much of what a client asks for was forgotten", async () => {
    history = new EventHistory({ capacity: 5 });
    const { url } = await start();
    history.publish(runEvent());
    for (let step = 1; step <= 19; step++) history.publish(stepEvent(step));
    const client = new Listener(url, "?since=3");
    await client.until(6);
    // After 3 came 4 to 20: 17 events, of which the newest 5 are kept.
    expect(client.heard[0]).toEqual({ type: "gap", missed: 12, oldest: 16, newest: 20 });
    expect(client.ids.slice(1)).toEqual([16, 17, 18, 19, 20]);
    const fresh = new Listener(url);
    await fresh.until(7);
    // The run itself is never forgotten: 20 events, 6 kept.
    expect(fresh.heard[0]).toEqual({ type: "gap", missed: 14, oldest: 16, newest: 20 });
    expect(fresh.ids.slice(1)).toEqual([1, 16, 17, 18, 19, 20]);
  });

  test("starts over with a client whose last event is of an earlier coordinator", async () => {
    const { url } = await start();
    const early = new Listener(url, "?since=7");
    await early.until(1);
    expect(early.heard[0]).toEqual({ type: "gap", missed: 0, oldest: 1, newest: 0 });
    history.publish(runEvent());
    history.publish(stepEvent(1));
    await early.until(3);
    expect(early.ids).toEqual([0, 1, 2]);
    const later = new Listener(url, "?since=7");
    await later.until(3);
    expect(later.heard[0]).toEqual({ type: "gap", missed: 0, oldest: 1, newest: 2 });
    expect(later.ids).toEqual([0, 1, 2]);
  });

  test.each(["abc", "-1", "1.5", "", "9999999999999999"])("refuses since=%s", async (since) => {
    const { url } = await start();
    expect(await new Listener(url, `?since=${since}`).refused()).toBe(400);
  });

  test("refuses one client more than the limit, and lets it in when another one left", async () => {
    const { url, status } = await start({ maxClients: 2 });
    const first = new Listener(url);
    await once(first.socket, "open");
    await once(new Listener(url).socket, "open");
    expect(await new Listener(url).refused()).toBe(503);
    expect(status().refused).toEqual({ full: 1 });
    first.socket.terminate();
    await expect.poll(() => status().clients).toBe(1);
    await once(new Listener(url).socket, "open");
  });

  test("allows 1,000 clients unless told otherwise", async () => {
    const { url, status } = await start();
    history.publish(runEvent());
    const clients = Array.from({ length: 1000 }, () => new Listener(url));
    await Promise.all(clients.map((client) => client.until(1)));
    expect(await new Listener(url).refused()).toBe(503);
    history.publish(runEvent("done"));
    await Promise.all(clients.map((client) => client.until(2)));
    expect(status().clients).toBe(1000);
  });

  test("closes a client that never reads, by itself, while publishing goes on", async () => {
    const { url, status } = await start({ heartbeatMs: 500 });
    const client = new Listener(url);
    await once(client.socket, "open");
    client.socket.pause();
    const reader = new Listener(url);
    await once(reader.socket, "open");
    for (let i = 0; i < 400; i++) history.publish(warningEvent("x".repeat(65_000)));
    await expect.poll(() => status().stalled, { timeout: 10_000 }).toBe(1);
    await reader.until(400);
    expect(status().clients).toBe(1);
  });

  test("survives what is no WebSocket frame", async () => {
    const { url, status } = await start();
    const client = new Listener(url);
    await once(client.socket, "open");
    const closed = client.closed();
    // An unmasked frame of a reserved kind.
    rawOf(client).write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await closed).toBe(1002);
    expect(status().broken).toBe(1);
    await once(new Listener(url).socket, "open");
  });

  test("refuses a message that is larger than clients may send, before it has arrived", async () => {
    const { url } = await start();
    const client = new Listener(url);
    await once(client.socket, "open");
    const closed = client.closed();
    client.socket.send(Buffer.alloc(100_000));
    expect(await closed).toBe(1009);
  });
});

describe("who may see it", () => {
  test("answers only to its own names, with its port", async () => {
    const { url, status } = await start();
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await get(url, "/", { host })).status).toBe(200);
    for (const host of [`evil.example:${port}`, "127.0.0.1", "127.0.0.1:1", `127.0.0.1:${port}.evil`, "@"])
      expect((await get(url, "/", { host })).status).toBe(403);
    expect(status().refused).toEqual({ host: 5 });
    expect((await get(url, "/health", { host: "evil.example" })).text).toBe(
      `"evil.example" is not the name of this dashboard: open ${url}\n`,
    );
    expect(await new Listener(url, "", { headers: { host: `evil.example:${port}` } }).refused()).toBe(403);
  });

  test("answers only to its own pages", async () => {
    const { url, status } = await start();
    await once(new Listener(url, "", { origin: url }).socket, "open");
    for (const origin of ["http://evil.example", "null", url.replace("127.0.0.1", "localhost"), `${url}1`])
      expect(await new Listener(url, "", { origin }).refused()).toBe(403);
    expect(status().refused).toEqual({ origin: 4 });
    expect((await get(url, "/", { origin: "http://evil.example" })).status).toBe(403);
  });

  test("asks for the token, in the address or in a header", async () => {
    await writeFile(join(folder, "000001.png"), "picture");
    const { url, status } = await start({ token: "secret-1" });
    for (const path of ["/", "/samples/000001.png", "/?token=", "/?token=secret-2", "/?token=secret-10"])
      expect((await get(url, path)).status).toBe(401);
    expect((await get(url, "/", { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await get(url, "/?token=secret-1")).status).toBe(200);
    expect((await get(url, "/samples/000001.png?token=secret-1")).text).toBe("picture");
    expect((await get(url, "/", { authorization: "Bearer secret-1" })).status).toBe(200);
    expect(await new Listener(url, "?token=no").refused()).toBe(401);
    expect(status().refused).toEqual({ token: 7 });
    await once(new Listener(url, "?token=secret-1").socket, "open");
    await once(new Listener(url, "", { headers: { authorization: "bearer secret-1" } }).socket, "open");
  });

  test("gives a browser a cookie for the token, which no script reads and no other port's server overwrites", async () => {
    const { url, status } = await start({ token: "s;cret 1" });
    const html = { accept: "text/html,*/*" };
    const asked = await get(url, "/", html);
    expect([asked.status, asked.headers["content-type"]]).toEqual([401, "text/html; charset=utf-8"]);
    expect(String(asked.headers["content-security-policy"])).not.toContain("script-src");
    expect(await get(url, "/?token=wrong", html)).toMatchObject({ status: 401 });
    const entered = await get(url, `/?token=${encodeURIComponent("s;cret 1")}`, html);
    expect([entered.status, entered.headers["location"]]).toEqual([303, "/"]);
    const [given, ...attributes] = String(entered.headers["set-cookie"]).split("; ");
    expect(given).toBe(`ganglion-${new URL(url).port}=s%3Bcret%201`);
    expect(attributes).toEqual(["Path=/", "HttpOnly", "SameSite=Lax"]);

    const cookie = `other=1; ${given}`;
    expect((await get(url, "/", { ...html, cookie })).status).toBe(200);
    await once(new Listener(url, "", { headers: { cookie } }).socket, "open");
    for (const wrong of [`${given}x`, given.replace("ganglion-", "ganglion-1"), given.replace("%3B", "%")])
      expect((await get(url, "/", { cookie: wrong })).status).toBe(401);
    // A page of another site may make the browser send the cookie, but not hear the answer.
    const origin = "http://evil.example";
    expect(await new Listener(url, "", { origin, headers: { cookie } }).refused()).toBe(403);
    expect(status().refused).toEqual({ token: 5, origin: 1 });
  });

  test("with a certificate all is encrypted, and the cookie never travels otherwise", async () => {
    const { certFile, keyFile } = await makeCertificate();
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    const { url } = await start({ token: "secret-1", tls: { cert, key } });
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const response = await new Promise<IncomingMessage>(
      (resolve, reject) =>
      secureGet(`${url}/?token=secret-1`, { ca: cert, headers: { accept: "text/html" }, agent: false }, resolve).on("error", reject), // prettier-ignore
    );
    response.resume();
    expect(response.statusCode).toBe(303);
    expect(String(response.headers["set-cookie"])).toMatch(/; Secure$/);
    history.publish(stepEvent(1));
    const client = new Listener(url, "?token=secret-1", { ca: cert, origin: url });
    expect(await client.until(1)).toMatchObject([{ type: "step" }]);
    await expect(get(url, "/health")).rejects.toThrow(/hang up|socket|reset/i); // plain HTTP
  });

  test("tells a probe without the token whether the training lives, and nothing more", async () => {
    const { url } = await start({ token: "secret-1" });
    history.publish(runEvent("failed"));
    const { status, text } = await get(url, "/health");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ status: "ok", run: "00007-dcgan-mnist", state: "failed", events: 1 });
  });

  test.each(["0.0.0.0", "::", "", "192.168.1.5", "gpu1.example"])(
    "refuses to listen on '%s' without a token",
    async (host) => {
      const error = await start({ host, token: "" }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(GanglionError);
      expect(error).toMatchObject({ code: "AUTH" });
      expect((error as Error).message).toContain(
        `listen on ${host || "every address"} without a token: give --token or GANGLION_TOKEN`,
      );
    },
  );

  test("refuses to listen beyond loopback with a token that is blank, or that ends its line", async () => {
    await expect(start({ host: "0.0.0.0", token: " " })).rejects.toMatchObject({ code: "AUTH" });
    await expect(start({ host: "0.0.0.0", token: "secret\n" })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("a line break in it"),
    });
  });

  test("tells where other machines reach it: nowhere on loopback, by an address of its own where it listens on all", async () => {
    expect((await start()).farUrl).toBeNull();
    const { url, farUrl } = await start({ host: "0.0.0.0", token: "secret-1" });
    const [own] = reachableHosts("0.0.0.0");
    expect(farUrl).toBe(own === "localhost" ? null : url.replace("localhost", own)); // a machine without a network has none
  });

  test("tells other machines a name that its certificate is for", async () => {
    const { certFile, keyFile } = await makeCertificate("DNS:gpu1.example,DNS:localhost");
    const tls = await readCertificate({ certFile, keyFile });
    const { url, farUrl } = await start({ host: "0.0.0.0", token: "secret-1", tls });
    expect(url).toMatch(/^https:\/\/localhost:\d+$/);
    expect(farUrl).toBe(url.replace("localhost", "gpu1.example"));
  });

  test("listens everywhere with a token, under any name", async () => {
    const { url } = await start({ host: "0.0.0.0", token: "secret-1" });
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    const reachable = url.replace("localhost", "127.0.0.1");
    expect((await get(reachable, "/", { host: "gpu1.example:8700" })).status).toBe(401);
    expect((await get(reachable, "/?token=secret-1", { host: "gpu1.example:8700" })).status).toBe(200);
    const origin = "http://gpu1.example:8700";
    const headers = { host: "gpu1.example:8700" };
    await once(new Listener(reachable, "?token=secret-1", { origin, headers }).socket, "open");
    expect(await new Listener(reachable, "?token=secret-1", { origin }).refused()).toBe(403);
  });
});

describe("files", () => {
  test("serves the pictures of the samples folder", async () => {
    const { url } = await start();
    expect((await get(url, "/samples/000128.png")).status).toBe(404);
    await writeFile(join(folder, "000128.png"), "picture");
    await writeFile(join(folder, "empty.png"), "");
    const { status, text, headers } = await get(url, "/samples/000128.png");
    expect([status, text, headers["content-type"]]).toEqual([200, "picture", "image/png"]);
    expect(await get(url, "/samples/empty.png")).toMatchObject({ status: 200, text: "" });
  });

  test("serves nothing else", async () => {
    const samples = join(folder, "samples");
    await mkdir(join(samples, "folder.png"), { recursive: true });
    await writeFile(join(folder, "secret.png"), "secret");
    await writeFile(join(samples, "log.txt"), "secret");
    await writeFile(join(samples, ".hidden.png"), "secret");
    await symlink(join(folder, "secret.png"), join(samples, "link.png"));
    const { url, status } = await start({}, samples);
    const paths = [
      "/samples/../secret.png",
      "/samples/..%2fsecret.png",
      "/samples/%2e%2e/secret.png",
      "/samples/..\\secret.png",
      "/samples//etc/passwd",
      "/samples/link.png",
      "/samples/folder.png",
      "/samples/log.txt",
      "/samples/.hidden.png",
      "/samples/a%00.png",
      "/samples/",
      "/secret.png",
      "//",
      "/elsewhere",
    ];
    for (const path of paths) expect([path, (await get(url, path)).status]).toEqual([path, 404]);
    expect(status().refused).toEqual({ path: paths.length });
    expect(await new Listener(`${url}/elsewhere`).refused()).toBe(404);
  });

  test("cannot be written to, and asks for a WebSocket where one is due", async () => {
    const { url } = await start();
    expect((await get(url, "/", {}, "POST")).status).toBe(405);
    expect((await get(url, "/samples/000128.png", {}, "DELETE")).status).toBe(405);
    expect((await get(url, "/events")).status).toBe(426);
    expect(await get(url, "/", {}, "HEAD")).toMatchObject({ status: 200, text: "" });
  });

  test("lets nothing run but what this server serves, and nothing inline", async () => {
    const { url } = await start();
    const { headers, text } = await get(url, "/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).not.toContain("unsafe");
    expect(text).not.toMatch(/<style|style=|<script(?![^>]* src=)| on[a-z]+=|https?:/);
    expect(headers).toMatchObject({ "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" });
  });

  test("is kept by the browser by its content: the page is asked for again, what it loads never", async () => {
    const { url, status } = await start({ token: "secret-1" });
    const authorization = "Bearer secret-1";
    const page = await get(url, "/", { authorization });
    expect(page.headers["cache-control"]).toBe("private, no-cache");
    const again = await get(url, "/", { authorization, "if-none-match": String(page.headers["etag"]) });
    expect(again).toMatchObject({ status: 304, text: "" });
    const paths = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(paths.map((path) => extname(path))).toEqual(expect.arrayContaining([".js", ".css"]));
    for (const path of paths) {
      const asset = await get(url, path, { authorization, "accept-encoding": "gzip, br" });
      expect(asset.headers).toMatchObject({
        "cache-control": "private, max-age=31536000, immutable",
        "content-encoding": "gzip",
      });
      expect((await get(url, path)).status).toBe(401);
    }
    expect((await get(url, "/assets/../../page-files.js", { authorization })).status).toBe(404);
    expect(status().refused).toEqual({ token: paths.length, path: 1 });
  });

  test("asks for a build where the page is not built", async () => {
    const { url, status } = await start({ pageFolder: join(folder, "nowhere") });
    expect(await get(url, "/")).toMatchObject({
      status: 503,
      text: "the page is not built: run npm run build, and reload\n",
    });
    expect(status().refused).toEqual({ unbuilt: 1 });
  });

  test("weighs less than 150 kB on the network", async () => {
    const files = [...(await readPage()).values()].filter(({ type }) => !type.startsWith("text/plain"));
    const sizeBytes = files.reduce((sum, { gzipped }) => sum + gzipped.byteLength, 0);
    expect(sizeBytes).toBeGreaterThan(10_000);
    expect(sizeBytes).toBeLessThan(150_000);
  });
});

describe("start and end", () => {
  test("says that a port is taken, and what to do", async () => {
    const port = Number(new URL((await start()).url).port);
    const error = await start({ port }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "USAGE",
      message: `port ${port} of 127.0.0.1 is taken; use another --dashboard PORT, or --dashboard off`,
    });
  });

  test.each([70_000, -1])("refuses port %s", async (port) => {
    await expect(start({ port })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("sends the last events to its clients, and ends at once although one never reads", async () => {
    const { url, close } = await start();
    const reader = new Listener(url);
    const idle = new Listener(url);
    await Promise.all([once(reader.socket, "open"), once(idle.socket, "open")]);
    idle.socket.pause();
    for (let i = 0; i < 300; i++) history.publish(warningEvent("x".repeat(65_000)));
    await reader.until(300);
    const halfOpen = connect(Number(new URL(url).port), "127.0.0.1");
    await once(halfOpen, "connect");
    halfOpen.write("GET / HTTP/1.1\r\nHost:");
    history.publish(runEvent("done"));
    const closed = reader.closed();
    const started = performance.now();
    await close();
    // 300 ms of patience, and room for a busy machine.
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await closed).toBe(1001);
    expect(reader.heard.at(-1)).toMatchObject({ type: "run", state: "done" });
    await close();
    await expect(get(url, "/")).rejects.toThrow("ECONNREFUSED");
  });
});

async function start(options: Partial<DashboardOptions> = {}, samples = folder): Promise<Dashboard> {
  const dashboard = await startDashboard({
    host: "127.0.0.1",
    port: 0,
    site: siteOfRun({ history, folder: { ...runPaths(folder), samples } }),
    ...options,
  });
  dashboards.push(dashboard);
  return dashboard;
}

/** The TCP socket of a client, to write what the client would not. */
function rawOf({ socket }: Listener): NodeJS.WritableStream {
  return (socket as unknown as { _socket: NodeJS.WritableStream })._socket;
}

/** A request whose path and headers are sent as they are: `fetch` would mend the one and refuse the other. */
async function get(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<{ status: number; text: string; headers: Readonly<Record<string, unknown>> }> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path, headers: { ...headers }, method, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 0, text, headers: response.headers };
}
