// `ganglion worker --gpus`: a supervised process for each GPU, on GPUs that a false nvidia-smi makes up.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type JsonEvent, type Running, runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { machineWith } from "../support/false-gpus.ts";
import { natsServer } from "../support/nats-server.ts";
import { alive, childrenOf } from "../support/processes.ts";
import { isLinux } from "../support/linux.ts";

/** Nobody listens there: a worker that gets so far would try for a minute. */
const NOWHERE = ["worker", "--join", "ws://127.0.0.1:1"];

async function startCoordinator(
  where: readonly string[] = ["--listen", "127.0.0.1:0"],
  environment?: Readonly<Record<string, string>>,
): Promise<{ coordinator: Running; address: string }> {
  const flags = ["--preset", "digits", "--batch", "8", "--shard", "2", "--steps", "1000000", "--out", await temporaryFolder()]; // prettier-ignore
  const coordinator = startCli(["coordinator", "--json", "--dashboard", "off", ...where, ...flags], environment); // prettier-ignore
  const { address } = await coordinator.event(({ event }) => event === "listening");
  return { coordinator, address: String(address) };
}

const readyNodes = ({ event, nodes }: JsonEvent): string[] =>
  event === "workers"
    ? (nodes as { node: string; state: string }[])
        .filter(({ state }) => state === "ready")
        .map(({ node }) => node)
    : [];

describe.skipIf(!isLinux)("worker --gpus", () => {
  test("runs a node for each GPU, pinned to it, until SIGTERM, and starts a killed one again later", async () => {
    const environment = { ...(await machineWith(3)), GANGLION_TOKEN: "a secret" };
    const { coordinator, address } = await startCoordinator();
    const flags = ["--join", address, "--node", "host", "--gpus", "0,2", "--device", "cpu"]; // a rehearsal without GPUs
    const workers = startCli(["worker", ...flags], environment);
    await coordinator.event((event) => readyNodes(event).sort().join() === "host/gpu0,host/gpu2");
    await workers.line((line) => line === `gpu2: joined ${address}`);

    const children = await childrenOf(workers.process.pid!);
    const facts = await Promise.all(children.map(async (pid) => [await environmentOf(pid), await commandOf(pid)] as const)); // prettier-ignore
    expect(facts.map(([{ CUDA_VISIBLE_DEVICES }]) => CUDA_VISIBLE_DEVICES).sort()).toEqual(["0", "2"]);
    for (const [own, command] of facts) {
      expect(own).toMatchObject({ CUDA_DEVICE_ORDER: "PCI_BUS_ID", TF_FORCE_GPU_ALLOW_GROWTH: "true" });
      expect(own).toMatchObject({ GANGLION_TOKEN: "a secret" });
      expect(command).not.toContain("a secret");
    }

    process.kill(children[facts.findIndex(([own]) => own["CUDA_VISIBLE_DEVICES"] === "0")], "SIGKILL");
    await once(workers.process.stderr!, "data");
    workers.process.kill("SIGTERM"); // one process leaves, the other waits for its restart
    const { code, stdout, stderr } = await workers.finished;
    expect(stderr).toBe("warning: gpu0 ended with signal SIGKILL; starting it again in 10 s\n");
    expect(stdout).toContain("gpu0: NVIDIA Test 0");
    expect(stdout).toContain(`gpu2: left ${address}`);
    expect(code).toBe(0);
    expect(await alive(children)).toEqual([]);
    coordinator.process.kill("SIGINT");
    await coordinator.finished;
  });

  test("ends at once, and its processes too, at a second SIGTERM", async () => {
    const { coordinator, address } = await startCoordinator();
    const flags = ["--join", address, "--gpus", "2", "--device", "cpu"];
    const workers = startCli(["worker", ...flags], await machineWith(2));
    await coordinator.event((event) => readyNodes(event).length === 2);
    const children = await childrenOf(workers.process.pid!);
    for (const pid of children) process.kill(pid, "SIGSTOP"); // they cannot leave politely
    workers.process.kill("SIGTERM");
    await workers.line((line) => line.startsWith("stopping every worker"));
    const again = setInterval(() => workers.process.kill("SIGTERM"), 40); // what comes too soon is the same one
    const { code } = await workers.finished;
    clearInterval(again);
    expect(code).toBe(1);
    await expect.poll(() => alive(children), { timeout: 5000 }).toEqual([]);
    coordinator.process.kill("SIGINT");
    await coordinator.finished;
  });

  test("ends with a node's reason when that refuses its flags", async () => {
    const flags = ["--gpus", "all", "--device", "webgpu", "--threads", "2"];
    const { code, stderr } = await runCli([...NOWHERE, ...flags], await machineWith(1));
    expect(stderr).toMatch(/^ganglion: webgpu computes in one thread a process/);
    expect(code).toBe(2);
  });

  test("refuses WebGPU on several GPUs, which cannot be told apart there", async () => {
    const { code, stderr } = await runCli([...NOWHERE, "--gpus", "2", "--device", "webgpu"], await machineWith(2)); // prettier-ignore
    expect(stderr).toBe("ganglion: --gpus names 2 GPUs, and nothing pins WebGPU to one of several: use --device cuda\n"); // prettier-ignore
    expect(code).toBe(2);
  });

  test.each([
    ["all", 0, "no NVIDIA GPU is found: nvidia-smi -L lists none and there is no /dev/nvidia0"],
    ["3", 2, "--gpus 3 asks for 3 GPUs, 2 are here: 0 (NVIDIA Test 0), 1 (NVIDIA Test 1)"],
    ["0,5", 2, "--gpus names GPU 5, which is not here: 0 (NVIDIA Test 0), 1 (NVIDIA Test 1) are"],
    ["some", 2, "Write all, a count (2) or a list of GPU numbers"],
  ])("refuses --gpus %s on a machine with %i", async (wish, gpus, sentence) => {
    const { code, stderr } = await runCli([...NOWHERE, "--gpus", wish], await machineWith(gpus));
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
  });
});

describe.skipIf(!isLinux)("worker --gpus, at a NATS server with deploy/nats.conf", () => {
  /** With the server's address for a user, and its password as this user's environment. */
  async function guardedServer() {
    const config = await readFile(fileURLToPath(new URL("../../deploy/nats.conf", import.meta.url)), "utf8");
    const passwords = { GANGLION_COORDINATOR: "c", GANGLION_VIEWER: "v", GANGLION_GPU_1: "one", GANGLION_GPU_2: "two" }; // prettier-ignore
    const server = await natsServer({ config, environment: passwords });
    return (user: string, token: string) => ({
      where: ["--nats", server.url.replace("//", `//${user}@`)],
      environment: { GANGLION_TOKEN: token },
    });
  }

  test("needs one user a machine: its nodes go by the user's name and their GPU's", async () => {
    const as = await guardedServer();
    const server = as("coordinator", "c");
    const { coordinator } = await startCoordinator(server.where, server.environment);
    const { where, environment } = as("gpu-1", "one");
    const flags = ["worker", ...where, "--gpus", "2", "--device", "cpu"];
    const workers = startCli(flags, { ...(await machineWith(2)), ...environment });
    await coordinator.event((event) => readyNodes(event).sort().join() === "gpu-1/gpu0,gpu-1/gpu1");
    const { where: alsoThere, environment: secret } = as("gpu-2", "two");
    const one = startCli(["worker", ...alsoThere, "--node", "spare"], secret);
    await coordinator.event(
      (event) => readyNodes(event).sort().join() === "gpu-1/gpu0,gpu-1/gpu1,gpu-2/spare",
    );
    coordinator.process.kill("SIGINT");
    for (const running of [coordinator, workers, one])
      expect(await running.finished).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["gpu-9", "nine", /refuses the user gpu-9: there is no such user.*deploy\/nats\.conf/],
    ["gpu-1", "two", /refuses the user gpu-1: there is no such user, or this token is not its password/],
    [
      "viewer",
      "v",
      /does not allow the user viewer .*join\.viewer.*give the user the permissions that deploy\/nats\.conf gives/,
    ],
  ])("says which user is missing or may not take part (%s, %s), and ends", async (user, token, sentence) => {
    const as = await guardedServer();
    const { where, environment } = as(user, token);
    const flags = ["worker", ...where, "--run", "r", "--gpus", "2", "--device", "cpu"];
    const { code, stderr } = await runCli(flags, { ...(await machineWith(2)), ...environment });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });
});

async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  return Object.fromEntries(
    entries.map((entry) => [entry.split("=", 1)[0], entry.slice(entry.indexOf("=") + 1)]),
  );
}

function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, "utf8");
}
