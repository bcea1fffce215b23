// How a server that listens everywhere is reached: by an address of its machine, and by what its certificate is for.
import { readFile } from "node:fs/promises";
import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { hostFromHere, reachableHosts, withPort } from "../../../../../shared/transport/tls/own-addresses.ts";
import { makeCertificate } from "../../../../support/certificate.ts";

const card = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(":") ? "IPv6" : "IPv4" }) as NetworkInterfaceInfo;

const MACHINE = {
  lo: [card("127.0.0.1", true), card("::1", true)],
  docker0: [card("172.17.0.1")],
  eth0: [card("fe80::1"), card("2001:db8::7"), card("192.0.2.7")],
  eth1: [card("198.51.100.7")],
};

const certificateFor = async (names: string): Promise<Buffer> =>
  readFile((await makeCertificate(names)).certFile);

test("a host that is one is what it is", () => {
  expect(reachableHosts("127.0.0.1", undefined, MACHINE)).toEqual(["127.0.0.1"]);
  expect(reachableHosts("gpu1.example", undefined, MACHINE)).toEqual(["gpu1.example"]);
});

test("every address that others know comes first, those of containers last, and none that is of this machine alone", () => {
  expect(reachableHosts("0.0.0.0", undefined, MACHINE)).toEqual(["192.0.2.7", "198.51.100.7", "172.17.0.1"]);
  const withSix = ["192.0.2.7", "198.51.100.7", "2001:db8::7", "172.17.0.1"];
  expect(reachableHosts("::", undefined, MACHINE)).toEqual(withSix);
  expect(reachableHosts("0.0.0.0", undefined, { lo: MACHINE.lo })).toEqual(["localhost"]);
});

test("with a certificate those that it is for are left, and where it is for none, its own names", async () => {
  const hosts = async (names: string): Promise<readonly string[]> =>
    reachableHosts("0.0.0.0", await certificateFor(names), MACHINE);
  expect(await hosts("DNS:gpu1.example,IP:198.51.100.7")).toEqual(["198.51.100.7"]);
  expect(await hosts("DNS:gpu1.example,DNS:*.example,IP:127.0.0.1,IP:203.0.113.9")).toEqual([
    "gpu1.example",
    "203.0.113.9",
  ]);
  expect(await hosts("IP:127.0.0.1,DNS:localhost")).toEqual(["127.0.0.1", "localhost"]);
  expect(await hosts("DNS:*.example")).toEqual(["192.0.2.7", "198.51.100.7", "172.17.0.1"]);
});

test("a browser on the machine itself says localhost, unless the certificate is for other names", async () => {
  expect(hostFromHere("0.0.0.0")).toBe("localhost");
  expect(hostFromHere("192.0.2.7")).toBe("192.0.2.7");
  expect(hostFromHere("::", await certificateFor("DNS:localhost"))).toBe("localhost");
  expect(hostFromHere("0.0.0.0", await certificateFor("DNS:gpu1.example"))).toBe("gpu1.example");
});

test("an address of IPv6 stands in brackets", () => {
  expect([withPort("192.0.2.7", 1), withPort("::1", 1)]).toEqual(["192.0.2.7:1", "[::1]:1"]);
});
