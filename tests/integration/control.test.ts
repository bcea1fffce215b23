// `ganglion control` and a run in processes of their own: who may steer, and what it leaves.
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Running, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";

const SMALL = ["--preset", "digits", "--batch", "8", "--shard", "4", "--seed", "3"];

async function stepOf(run: Running, least: number): Promise<void> {
  await run.event(({ event, step }) => event === "step" && Number(step) >= least);
}

interface Line {
  readonly action: string;
  readonly outcome: string;
  readonly step: number;
  readonly from: string;
}

test("a run is paused, looked at, changed and resumed from other processes, and its replay is equal", async () => {
  const out = await temporaryFolder();
  const run = startCli(["train", "--json", "--dashboard", "0", "--workers", "1", ...SMALL, "--steps", "100000", "--out", out]); // prettier-ignore
  const control = (...words: string[]): ReturnType<typeof runCli> =>
    runCli(["control", "1", ...words, "--out", out]);
  await stepOf(run, 2);
  const [{ folder }] = [await run.event(({ event, state }) => event === "run" && state === "training")];
  const file = join(String(folder), "control.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const paused = await control("pause", "--json");
  expect(paused.code).toBe(0);
  expect(paused.events[0]).toMatchObject({ event: "control", action: "pause", outcome: "applied" });
  await run.event(({ event, state }) => event === "run" && state === "paused");
  const at = Number(paused.events[0]["step"]);
  const view = await control("--json");
  expect(view.events[0]).toMatchObject({ state: "paused", step: at });
  const status = await runCli(["status", "1", "--out", out]);
  expect(status.stdout).toContain("paused");

  const wrong = await control("set", "sead=3");
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean seed?")]);
  const forked = await control("fork");
  expect([forked.code, forked.stderr]).toEqual([2, expect.stringContaining("no earlier checkpoint")]);
  const set = await control("set", "discriminator-learning-rate=0.001", `steps=${at + 8}`);
  expect(set.stdout).toContain("optimizers.discriminator none ->");
  expect((await control("train-only", "discriminator", "--for", "3")).code).toBe(0);

  const link = (await control("link")).stdout.trim();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  const { origin, searchParams } = new URL(link);
  const token = searchParams.get("token")!;
  const body = JSON.stringify({ id: "from-elsewhere", action: "resume" });
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${origin}/control`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
  expect((await post({})).status).toBe(401);
  expect((await post({ authorization: `Bearer ${token}`, origin: "http://evil.example" })).status).toBe(403);
  expect((await control("--json")).events[0]).toMatchObject({ state: "paused", step: at });
  const elsewhere = await runCli(["control", origin, "resume"], { GANGLION_TOKEN: token });
  expect([elsewhere.code, elsewhere.stderr]).toEqual([0, ""]);
  const { code, events } = await run.finished;
  expect(code).toBe(0);
  const done = events.at(-1)!;
  expect(done).toMatchObject({ event: "done", steps: at + 8 });
  await expect(access(file)).rejects.toThrow("ENOENT");

  const lines = (await readFile(join(String(folder), "control.jsonl"), "utf8")).trim().split("\n");
  const audit = lines.map((line) => JSON.parse(line) as Line);
  expect(audit.map(({ action, outcome, step }) => [action, outcome, step])).toEqual([
    ["pause", "applied", at],
    ["set", "refused", at],
    ["fork", "refused", at],
    ["set", "applied", at],
    ["train-only", "applied", at],
    ["resume", "applied", at],
  ]);
  expect(audit[0].from).toContain("at this machine");
  expect(audit.at(-1)!.from).toContain("127.0.0.1");
  const config = join(String(folder), "config.json");
  const { history } = JSON.parse(await readFile(config, "utf8")) as { history: { step: number }[] };
  expect(history.map(({ step }) => step)).toEqual([at, at + 3]);
  const again = await trainJson(["--workers", "2", "--config", config, "--out", out]);
  expect(again["weightsHash"]).toBe(done["weightsHash"]);
});

test("what is no run, no action, or has no token is told, with what would do", async () => {
  const out = await temporaryFolder();
  await trainJson([...SMALL, "--steps", "1", "--workers", "1", "--out", out]);
  const refusals: readonly (readonly [string[], string])[] = [
    [["9", "pause"], "9 is no run"],
    [["1", "pause"], "is done, so there is nothing to steer"],
    [["1", "pauze"], "did you mean pause?"],
    [["1", "scale", "4"], "ganglion scale RUN 4"],
    [["1", "set"], "FIELD=VALUE"],
    [["1", "train-only", "encoder"], "discriminator, generator or both"],
    [["http://127.0.0.1:1", "pause"], "without a token: give --token"],
  ];
  const heard = await Promise.all(refusals.map(([words]) => runCli(["control", ...words, "--out", out])));
  expect(heard.map(({ code, stderr }) => [code, stderr])).toEqual(
    refusals.map(([, text]) => [2, expect.stringContaining(text) as unknown]),
  );
});
