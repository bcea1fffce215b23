// A command loads what it needs and no more: help, a mistake and a status are answered at once.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Running, startCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

/** Packages and rooms (`coordinator`, `worker/engine`) that a process and its threads loaded, once it has ended. */
async function loadedBy(start: (environment: Record<string, string>) => Running): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  await start({ NODE_V8_COVERAGE: folder }).finished; // V8 lists every script that ran
  const loaded = new Set<string>();
  for (const name of await readdir(folder)) {
    const { result } = JSON.parse(await readFile(join(folder, name), "utf8")) as {
      result: { url: string }[];
    };
    for (const { url } of result) {
      const match = /\/node_modules\/(?<package>(?:@[^/]+\/)?[^/]+)\/|\/dist\/(?<room>.+)\/[^/]+\.js$/.exec(
        url,
      );
      const found = match?.groups?.["package"] ?? match?.groups?.["room"];
      if (found !== undefined) loaded.add(found);
    }
  }
  return [...loaded].sort();
}

const packagesOf = (loaded: readonly string[]): readonly string[] =>
  loaded.filter((name) => !/^(?:deploy|coordinator|worker|shared)\b/.test(name));

describe("without a run", () => {
  test.each<[string, string[]]>([
    ["the program's help", ["--help"]],
    ["a command's help", ["train", "--help"]],
    ["a mistyped command", ["statsu"]],
    ["a mistyped flag", ["train", "--stepz", "3"]],
    ["a wrong value", ["coordinator", "--batch", "0"]],
  ])("%s loads the flags alone", async (_name, flags) => {
    const loaded = await loadedBy((environment) => startCli(flags, environment));
    expect(packagesOf(loaded)).toEqual(["commander"]);
    expect(loaded).not.toContain("deploy/actions");
    expect(loaded.filter((name) => name.startsWith("coordinator"))).toEqual([]);
  });

  test("a status of this machine's runs loads no compiler, no transport and no image codec", async () => {
    const out = await temporaryFolder();
    const loaded = await loadedBy((environment) => startCli(["status", "--out", out], environment));
    expect(packagesOf(loaded)).toEqual(["commander", "zod"]);
    expect(loaded).toContain("coordinator/records");
    expect(loaded.filter((name) => name.startsWith("coordinator/compiler"))).toEqual([]);
  });
});

test("a worker with the graph engine loads no tfjs backend, nothing of the coordinator and no other transport than its own", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "digits"), 40, [28, 28, 1], 10);
  const sizes = [
    "--batch",
    "8",
    "--shard",
    "4",
    "--steps",
    "1",
    "--data",
    data,
    "--out",
    join(folder, "runs"),
  ];
  const served = ["--listen", "127.0.0.1:0", "--dashboard", "off", "--json"];
  const coordinator = startCli(["coordinator", ...sizes, ...served]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const loaded = await loadedBy((environment) =>
    startCli(["worker", "--join", String(address)], environment),
  );
  expect((await coordinator.finished).code).toBe(0);
  expect(loaded).toEqual(expect.arrayContaining(["ws", "onnxruntime-node"])); // its threads are seen too
  expect(
    loaded.filter((name) => /tfjs-(?:backend|layers|node)|^coordinator|^nats$|transport\/nats$/.test(name)),
  ).toEqual([]);
});
