// The handshake of the WebSocket transport over real sockets: who is let in, who is refused, and where nobody is.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectWebSocket } from "../../../../../shared/transport/websocket/client.ts";
import { listenWebSocket } from "../../../../../shared/transport/websocket/server.ts";
import { LOOPBACK, openHub } from "./support.ts";

describe("the handshake", () => {
  test("reports the real port when asked for a free one", async () => {
    const { hub } = await openHub();
    expect(hub.address).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  test("lets in who has the token, and refuses a wrong and a missing one with AUTH", async () => {
    const { hub } = await openHub({ token: "secret" });
    const node = await connectWebSocket({ url: hub.address, token: "secret", name: "a" });
    expect(node.status().connected).toBe(true);
    for (const token of ["Secret", "secre", "", "secretsecret"]) {
      await expect(connectWebSocket({ url: hub.address, token, name: "b" })).rejects.toMatchObject({
        code: "AUTH",
        message: expect.stringContaining(hub.address),
      });
    }
    expect(await knock(`${hub.address}/workers`, {})).toEqual({
      status: 401,
      sentence: "Missing or wrong token: send 'Authorization: Bearer TOKEN' with the coordinator's token.\n",
    });
    expect(hub.status().rejected).toEqual({ token: 5 });
  });

  test("refuses browsers, whatever their origin", async () => {
    const { hub } = await openHub();
    for (const origin of [hub.address.replace("ws", "http"), "null", ""]) {
      expect((await knock(`${hub.address}/workers`, { origin })).status).toBe(403);
    }
    expect(hub.status().rejected).toEqual({ origin: 3 });
  });

  test("refuses other paths and plain HTTP with a sentence", async () => {
    const { hub } = await openHub();
    expect((await knock(`${hub.address}/dashboard`, {})).status).toBe(404);
    const response = await fetch(hub.address.replace("ws", "http"));
    expect(response.status).toBe(426);
    expect(await response.text()).toContain("/workers");
    expect(hub.status().rejected).toEqual({ path: 1, http: 1 });
  });

  test("tells who has no token from who has another", async () => {
    const { hub } = await openHub({ token: "secret" });
    const { address: url } = hub;
    await expect(connectWebSocket({ url, name: "a", token: "other" })).rejects.toMatchObject({
      code: "AUTH",
      message: `${url} refuses the token: use the one that the coordinator was started with`,
    });
    for (const nothing of [{}, { token: "" }])
      await expect(connectWebSocket({ url, name: "a", ...nothing })).rejects.toMatchObject({
        code: "AUTH",
        message: `${url} asks for a token, and none is set: give the coordinator's by --token or GANGLION_TOKEN`,
      });
  });

  test("takes no token that a header would not carry as it is, at either end, and shows none", async () => {
    const { hub } = await openHub();
    for (const [token, what] of [
      ["secret\n", "a line break in it"],
      [" ", "a blank at an end of it"],
      ["secret ", "a blank at an end of it"],
      ["secrèt", "a letter beyond ASCII in it"],
    ]) {
      const refusal = {
        code: "USAGE",
        message: `the token (--token or GANGLION_TOKEN) has ${what}: take letters, digits and signs alone, for example those that openssl rand -hex 24 prints`,
      };
      await expect(listenWebSocket({ ...LOOPBACK, token })).rejects.toMatchObject(refusal);
      await expect(connectWebSocket({ url: hub.address, token, name: "a" })).rejects.toMatchObject(refusal);
    }
    const { hub: other } = await openHub({ token: "three little words" });
    await (await connectWebSocket({ url: other.address, token: "three little words", name: "a" })).close();
  });

  test("a token in the address is refused, and not repeated", async () => {
    for (const user of ["secret", "me:secret"]) {
      const url = `ws://${user}@127.0.0.1:1`;
      await expect(connectWebSocket({ url, name: "a" })).rejects.toMatchObject({
        code: "USAGE",
        message:
          "the address of the coordinator at 127.0.0.1:1 holds a name or password, which others on this machine can see: give its token by GANGLION_TOKEN",
      });
    }
  });

  test("does not listen beyond loopback without a token", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "127.example.org"]) {
      await expect(listenWebSocket({ host, port: 0 })).rejects.toMatchObject({
        code: "AUTH",
        message: expect.stringContaining(host),
      });
    }
    const { hub } = await openHub({ host: "0.0.0.0", token: "secret" });
    for (const url of [hub.address, ...(hub.alsoAt ?? [])]) {
      expect(url).not.toContain("0.0.0.0"); // what it says can be joined, from other machines too
      expect((await connectWebSocket({ url, token: "secret", name: "a" })).peer).toBe(url);
    }
  });

  test("says in one sentence that a port is taken", async () => {
    const { hub } = await openHub();
    const port = Number(new URL(hub.address).port);
    await expect(listenWebSocket({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "USAGE",
      message: `port ${port} of 127.0.0.1 is taken; choose another address, or port 0 for a free one`,
    });
    await expect(listenWebSocket({ host: "127.0.0.1", port: 70_000 })).rejects.toMatchObject({
      code: "USAGE",
    });
  });

  test("makes a name that a peer chose safe for logs", async () => {
    const { hub, accept } = await openHub();
    await connectWebSocket({ url: hub.address, name: `gpu-1 é\n\u001b[31m${"x".repeat(300)}` });
    const { peer } = await accept();
    expect(peer).toMatch(/^gpu-1 é\?\?\[31mx+ \(127\.0\.0\.1:\d+\)$/);
    expect(peer.length).toBeLessThan(130);
  });
});

describe("connecting", () => {
  test("to nobody is a TRANSPORT error that names the address and asks the right question", async () => {
    const { hub } = await openHub();
    await hub.close();
    await expect(connectWebSocket({ url: hub.address, name: "a" })).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(
        /^cannot reach ws:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*; is the coordinator running\?$/,
      ),
    });
  });

  test("to what is no WebSocket address is a USAGE error", async () => {
    for (const url of ["127.0.0.1:8701", "localhost:8701", "http://127.0.0.1", ""]) {
      await expect(connectWebSocket({ url, name: "a" })).rejects.toMatchObject({
        code: "USAGE",
        message: expect.stringContaining("ws://HOST:PORT"),
      });
    }
  });

  test("stops when its signal says so, before and while it waits", async () => {
    const { hub } = await openHub();
    await expect(
      connectWebSocket({ url: hub.address, name: "a", signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "TRANSPORT" });
    const controller = new AbortController();
    const connecting = connectWebSocket({ url: hub.address, name: "a", signal: controller.signal });
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ message: expect.stringContaining("stopped") });
  });

  test("keeps a path before /workers, and takes an address with or without it", async () => {
    const { hub } = await openHub();
    for (const url of [hub.address, `${hub.address}/`, `${hub.address}/workers`]) {
      expect((await connectWebSocket({ url, name: "a" })).status().connected).toBe(true);
    }
    // Behind a proxy: our own hub does not know the path, and says so.
    await expect(connectWebSocket({ url: `${hub.address}/proxy`, name: "a" })).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringContaining("404"),
    });
  });
});

test("a hub closes although a client hangs in its handshake", async () => {
  const { hub } = await openHub();
  const socket = connectTcp(Number(new URL(hub.address).port), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined); // a reset is one way to be closed
  socket.write("GET /workers HTTP/1.1\r\n");
  const gone = new Promise((resolve) => {
    socket.on("close", resolve);
  });
  await hub.close();
  await gone;
});

/** The HTTP status and body with which an upgrade is refused. */
function knock(url: string, headers: Record<string, string>): Promise<{ status: number; sentence: string }> {
  return new Promise((resolve, reject) => {
    const raw = new WebSocket(url, { headers });
    raw.on("open", () => reject(new Error("was let in")));
    raw.on("error", () => undefined);
    raw.on("unexpected-response", (_request, response) => {
      let sentence = "";
      response.on("data", (chunk) => (sentence += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, sentence }));
    });
  });
}
