// A coordinator in a terminal's words: who joins, is ready and leaves, with real nodes.
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

test("a coordinator says who joins, who leaves with how much done, and nothing of the end; quiet says none of it", async () => {
  const out = await temporaryFolder();
  const data = await writeIdxFolder(join(out, "digits"), 500, [28, 28, 1], 10);
  const run = ["--preset", "digits", "--batch", "8", "--shard", "2", "--steps", "1000000", "--data", data];
  const place = ["--listen", "127.0.0.1:0", "--out", out, "--dashboard", "off"];
  for (const words of [[], ["--quiet"]]) {
    const coordinator = startCli(["coordinator", ...run, ...place, ...words]);
    const isQuiet = words.length > 0;
    const address = (await coordinator.line((line) => line.startsWith("workers join at ")))
      .split(" ")
      .at(-1)!;
    const [a, b] = ["a", "b"].map((node) => startCli(["worker", "--join", address, "--node", node]));
    await Promise.all([a, b].map((worker) => worker.line((line) => line.startsWith("preparing"))));
    if (!isQuiet) {
      await coordinator.line((line) => line === "2 nodes ready");
      b.process.kill("SIGINT");
      await coordinator.line((line) => /^node b left after [\d,]+ contributions?$/.test(line));
    }
    coordinator.process.kill("SIGINT");
    const { code, stdout, stderr } = await coordinator.finished;
    expect([code, stderr]).toEqual([0, ""]);
    const said = stdout.match(/^(?:node .* (?:joined|left)|.*nodes? ready).*$/gm) ?? [];
    if (isQuiet) expect(said).toEqual([]);
    else {
      for (const node of ["a", "b"]) expect(said).toContain(`node ${node} joined: 1 thread, graph on cpu`);
      expect(said.filter((line) => line.includes(" left "))).toHaveLength(1); // a is there until the run ends
    }
    await Promise.all([a, b].map(({ finished }) => finished));
  }
});
