// Several hosts on one machine: network namespaces with addresses of their own, joined by a bridge.
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { onTestFinished } from "vitest";

export interface TestHost {
  /** The namespace's name, for `ip netns exec`. */
  readonly name: string;
  readonly address: string;
  /** Pulls the cable, and plugs it in again. */
  readonly disconnect: () => void;
  readonly reconnect: () => void;
  /** Drops every packet to others (up), or from others (down), without a word; needs `whyNoPartition() === null`. */
  readonly silence: (direction: "up" | "down") => void;
  readonly endSilence: () => void;
  /**
   * From now on packets are lost at random both ways, and late where the kernel has netem; needs `whyNoPartition() ===
   * null`.
   */
  readonly disturb: () => Disturbance;
}

export interface Disturbance {
  /** For the test's output. */
  readonly what: string;
  /** How many packets are lost by now. */
  readonly lost: () => number;
}

export interface TestNetwork {
  /** Of this process's own host, as the others see it. */
  readonly address: string;
  readonly hosts: readonly TestHost[];
}

/** Why this machine cannot have such hosts, or null. */
export function whyNoHosts(): string | null {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const probe = `gangprobe${randomInt(1e6)}`;
  try {
    ip("netns", "add", probe);
    ip("netns", "del", probe);
    return null;
  } catch (error) {
    return `no network namespaces here (apt-get install iproute2): ${String(error)}`;
  }
}

/** Why this machine cannot drop the packets of one direction, or null. */
export function whyNoPartition(): string | null {
  const reason = whyNoHosts();
  if (reason !== null) return reason;
  const probe = `gangprobe${randomInt(1e6)}`;
  try {
    ip("netns", "add", probe);
    filter(probe, "-A", "INPUT", "-j", "DROP");
    return null;
  } catch (error) {
    return `no packet filter here (apt-get install iptables): ${String(error)}`;
  } finally {
    ip("netns", "del", probe);
  }
}

/** Another for each network: the kernel still takes the last one's wires away when its names are free again. */
let nextId = randomInt(234);

/** `count` hosts that reach this one and each other; gone when the test ends. */
export function createNetwork(count: number): TestNetwork {
  const id = 16 + (nextId++ % 234); // of 10.199.0.0/16, which names no real host here
  const bridge = `gang${id}`;
  const address = (host: number): string => `10.199.${id}.${host}`;
  ip("link", "add", bridge, "type", "bridge");
  onTestFinished(() => void ip("link", "del", bridge));
  ip("addr", "add", `${address(1)}/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  const hosts = Array.from({ length: count }, (_, i): TestHost => {
    const name = `${bridge}-${i}`;
    const [near, far] = [`gv${id}-${i}`, `gw${id}-${i}`];
    ip("netns", "add", name);
    onTestFinished(() => void ip("netns", "del", name));
    ip("link", "add", near, "type", "veth", "peer", "name", far);
    ip("link", "set", far, "netns", name);
    ip("link", "set", near, "master", bridge);
    ip("link", "set", near, "up");
    ip("-n", name, "addr", "add", `${address(i + 2)}/24`, "dev", far);
    ip("-n", name, "link", "set", far, "up");
    ip("-n", name, "link", "set", "lo", "up");
    return {
      name,
      address: address(i + 2),
      disconnect: () => ip("link", "set", near, "down"),
      reconnect: () => ip("link", "set", near, "up"),
      silence: (direction) =>
        filter(name, "-A", ...(direction === "up" ? ["OUTPUT", "!", "-o"] : ["INPUT", "!", "-i"]), "lo", "-j", "DROP"), // prettier-ignore
      endSilence: () => filter(name, "-F"),
      disturb: () => disturb(name, far),
    };
  });
  return { address: address(1), hosts };
}

function disturb(host: string, device: string): Disturbance {
  try {
    const lateAndLossy = ["netem", "delay", "20ms", "10ms", "loss", `${100 * LOSS}%`];
    ip("netns", "exec", host, "tc", "qdisc", "add", "dev", device, "root", ...lateAndLossy);
    return {
      what: "packets are lost and delayed by netem",
      lost: () => Number(/dropped (\d+)/.exec(ip("netns", "exec", host, "tc", "-s", "qdisc"))![1]),
    };
  } catch {
    for (const chain of ["INPUT", "OUTPUT"]) {
      const atRandom = ["-m", "statistic", "--mode", "random", "--probability", String(LOSS)];
      filter(host, "-A", chain, ...atRandom, "-j", "DROP");
    }
    return {
      what: "packets are lost by iptables, and none delayed: no netem here (tc and a kernel with sch_netem)",
      lost: () =>
        [...filter(host, "-nvxL").matchAll(/^ *(\d+) +\d+ DROP /gm)].reduce(
          (sum, [, n]) => sum + Number(n),
          0,
        ),
    };
  }
}

/** Of packets, which between such hosts hold up to 64 kB each. */
const LOSS = 0.01;

function ip(...words: string[]): string {
  return execFileSync("ip", words, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
}

function filter(host: string, ...words: string[]): string {
  return ip("netns", "exec", host, "iptables", ...words);
}
