// Pictures of every kind, as people have them: the same weights on one node, on three without data, and from the file.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Running, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { natsServer } from "../support/nats-server.ts";
import { mixedPictures } from "../support/pictures.ts";
import { tarOf, writeTree } from "../support/picture-trees.ts";
import { zip } from "../support/zip-writer.ts";

const RUN = ["--image-size", "8x12", "--flip", "--filters", "4", "--batch", "12", "--shard", "4"];
const LENGTH = ["--steps", "6", "--seed", "5"];
const pictures = await mixedPictures();

/** The weights of a run on one node: of the first test that asks. */
let reference: Promise<unknown> | null = null;

function referenceHash(): Promise<unknown> {
  reference ??= (async () => {
    const flags = ["--data", await zipOfPictures(), ...RUN, ...LENGTH, "--workers", "1"];
    const { weightsHash } = await trainJson([...flags, "--out", await temporaryFolder()], await emptyCache());
    return weightsHash;
  })();
  return reference;
}

async function zipOfPictures(): Promise<string> {
  const file = join(await temporaryFolder(), "pictures.zip");
  const entries = Object.entries(pictures).map(([name, content]) => ({ name, content, flags: 0x800 })); // names in UTF-8
  await writeFile(file, zip(entries));
  return file;
}

/** A machine of its own, as far as data sets go. */
async function emptyCache(): Promise<{ GANGLION_CACHE: string }> {
  return { GANGLION_CACHE: await temporaryFolder() };
}

describe("pictures of mixed kinds", () => {
  test("give the same weights as folder, zip and tar, in memory or read from the file, on any number of nodes", async () => {
    const folder = await writeTree(join(await temporaryFolder(), "pictures"), pictures);
    const tar = join(await temporaryFolder(), "pictures.bin"); // its content says what it is
    await writeFile(tar, await tarOf(pictures));
    for (const more of [
      ["--data", folder, "--workers", "3"],
      ["--data", tar, "--data-memory", "1k", "--workers", "2"],
      ["--data", folder, "--data-memory", "1k", "--workers", "2", "--transport", "ws"],
    ]) {
      const run = [...RUN, ...LENGTH, ...more, "--out", await temporaryFolder()];
      const { weightsHash } = await trainJson(run, await emptyCache());
      expect([more, weightsHash]).toEqual([more, await referenceHash()]);
    }
  });

  test.each(["ws", "nats"])("reach nodes that hold no data over %s, once a machine", async (transport) => {
    const server = transport === "nats" ? await natsServer({ jetStream: true }) : null;
    const joining = server ? ["--nats", server.url, "--run", "photos"] : [];
    const serving = server ? joining : ["--listen", "127.0.0.1:0"];
    const flags = ["--data", await zipOfPictures(), ...RUN, ...LENGTH, "--out", await temporaryFolder()];
    const coordinator = startCli(["coordinator", "--json", "--dashboard", "off", ...serving, ...flags], await emptyCache()); // prettier-ignore
    const { address } = await coordinator.event(({ event }) => event === "listening");
    const there = server ? joining : ["--join", String(address)];
    const caches = [await emptyCache(), await emptyCache(), await emptyCache()];
    const nodes = caches.map((cache, i): Running =>
      startCli(["worker", ...there, "--node", `n${i}`, "--data-memory", i === 0 ? "1k" : "1G"], cache),
    );
    const { code, events, stderr } = await coordinator.finished;
    expect([code, stderr]).toEqual([0, ""]);
    expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: await referenceHash() });
    for (const [i, node] of nodes.entries()) {
      const { code: end, stdout } = await node.finished;
      expect([end, stdout]).toEqual([0, expect.stringContaining("fetching the run's train data")]);
      const kept = await readdir(join(caches[i].GANGLION_CACHE, "data"));
      expect(kept.filter((name) => name.endsWith(".packed"))).toHaveLength(1);
    }
  });

  test("a node whose cache cannot be written computes from memory, and says so", async () => {
    const flags = ["--data", await zipOfPictures(), ...RUN, ...LENGTH, "--out", await temporaryFolder()];
    const listening = ["--listen", "127.0.0.1:0", "--dashboard", "off", "--json"];
    const coordinator = startCli(["coordinator", ...listening, ...flags], await emptyCache());
    const { address } = await coordinator.event(({ event }) => event === "listening");
    const node = startCli(["worker", "--join", String(address)], { GANGLION_CACHE: "/dev/null/x" });
    const { code, events } = await coordinator.finished;
    expect([code, events.at(-1)?.["weightsHash"]]).toEqual([0, await referenceHash()]);
    const { code: end, stdout } = await node.finished;
    expect([end, stdout]).toEqual([0, expect.stringMatching(/cannot be kept in .*memory.*GANGLION_CACHE/)]);
  });
});
