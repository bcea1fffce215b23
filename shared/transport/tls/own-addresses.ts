// By which hosts a server is reached: one that listens on every address (0.0.0.0, ::) has no name of its own.
import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback } from "../../http/loopback.ts";

/** Whether a server that listens on `host` does so on every address of its machine: nobody can connect to that name. */
export function isEverywhere(host: string): boolean {
  return host === "" || host === "0.0.0.0" || host === "::";
}

/**
 * The hosts by which other machines reach a server that listens on `host`, the likeliest first; never empty. With the
 * server's certificate (PEM), those that it is for: by others it is not trusted.
 */
export function reachableHosts(
  host: string,
  certificate?: Buffer,
  interfaces = networkInterfaces(),
): readonly [string, ...string[]] {
  if (!isEverywhere(host)) return [host];
  const own = ownAddresses(interfaces, isIPv6(host));
  const [first = "localhost", ...more] =
    certificate === undefined ? own : certified(new X509Certificate(certificate), own);
  return [first, ...more];
}

/** The host by which a browser on this machine reaches it: `localhost`, unless there is a certificate for other names. */
export function hostFromHere(host: string, certificate?: Buffer): string {
  if (!isEverywhere(host)) return host;
  const isTrusted =
    certificate === undefined || new X509Certificate(certificate).checkHost("localhost") !== undefined;
  return isTrusted ? "localhost" : reachableHosts(host, certificate)[0];
}

/** `host:port`, as in an URL. */
export function withPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Of networks inside of the machine, for containers and virtual ones: others seldom know the way. */
const INNER = /^(?:docker|br-|veth|virbr|cni|flannel|cali|lxc|podman)/;

function ownAddresses(interfaces: ReturnType<typeof networkInterfaces>, withSix: boolean): readonly string[] {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal, family }) => !internal && (family === "IPv4" || withSix))
      .filter(({ address }) => !address.startsWith("fe80:")) // means nothing without the name of a network card
      .map(({ address, family }) => ({
        address,
        rank: (INNER.test(name) ? 2 : 0) + (family === "IPv4" ? 0 : 1),
      })),
  );
  return found.toSorted((a, b) => a.rank - b.rank).map(({ address }) => address);
}

function certified(certificate: X509Certificate, own: readonly string[]): readonly string[] {
  const here = own.filter((address) => certificate.checkIP(address) !== undefined);
  if (here.length > 0) return here;
  const names = (certificate.subjectAltName ?? "")
    .split(", ")
    .flatMap((entry) => /^(?:DNS|IP Address):([^*]+)$/.exec(entry)?.[1] ?? []);
  const far = names.filter((name) => !isLoopback(name));
  if (far.length > 0) return far;
  return names.length > 0 ? names : own;
}
