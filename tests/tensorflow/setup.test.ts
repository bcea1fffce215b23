// `ganglion setup tensorflow` from other sources than the wheel, and engines whose native part is broken.
import { createServer } from "node:http";
import { readFile, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runTool } from "../../deploy/install/tensorflow/tool.ts";
import {
  BINDING_FILE,
  BINDING_REVISION,
  INSTALLED_FILE,
  findTensorflow,
  tfjsNodePackage,
} from "../../worker/engine/tensorflow/installation.ts";
import { runCli, temporaryFolder } from "../support/cli.ts";

/** Where the wheel's libtensorflow lies on this machine. */
const PROVISIONED = join(findTensorflow().folder, "tensorflow");
const TRAIN = ["train", "--json", "--dashboard", "off", "--steps", "2", "--batch", "4", "--shard", "2"];

describe("libtensorflow can come", () => {
  test("from a folder; the engine trains with it, and a second setup does nothing", async () => {
    const out = await temporaryFolder();
    const environment = { GANGLION_TENSORFLOW: join(out, "tensorflow") };
    const setup = ["setup", "tensorflow", "--libtensorflow", PROVISIONED];
    expect((await runCli(setup, environment)).stdout).toMatch(/libtensorflow \S+ is set up in/);
    expect((await runCli(setup, environment)).stdout).toMatch(/--force does it again$/);
    const run = await runCli([...TRAIN, "--engine", "tensorflow", "--out", out], environment);
    expect(run.events.at(-1)).toMatchObject({ event: "done", steps: 2 });
  });

  test("from where the npm package's install script gets it", async () => {
    const out = await temporaryFolder();
    const archive = await packageArchive(out);
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end(archive);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const environment = {
      GANGLION_TENSORFLOW: join(out, "tensorflow"),
      TFJS_NODE_CDN_STORAGE: `http://127.0.0.1:${port}/`,
    };
    const { code, stdout } = await runCli(["setup", "tensorflow", "--from", "package"], environment);
    expect([code, asked.length]).toEqual([0, 1]);
    expect(asked[0]).toMatch(/libtensorflow-cpu-linux-x86_64-2\.9\.1\.tar\.gz$|linux_arm64\.tar\.gz$/);
    expect(stdout).toMatch(/is set up in/);
  });
});

describe("a setup that fails says what to do and leaves what was there:", () => {
  test.each([
    ["no such folder", ["--libtensorflow", "/nowhere"], {}, /no libtensorflow in \/nowhere/],
    [
      "no compiler",
      ["--libtensorflow", PROVISIONED],
      { CXX: "no-such-compiler" },
      /C\+\+17 compiler .*g\+\+/,
    ],
    ["no headers of Node", ["--libtensorflow", PROVISIONED, "--node-headers", "/"], {}, /--node-headers/],
    [
      "a host that is away",
      ["--from", "package"],
      { TFJS_NODE_CDN_STORAGE: "http://127.0.0.1:9/" },
      /cannot download .*leave --from out/,
    ],
  ])("%s", async (_name, flags, variables, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, INSTALLED_FILE), "what was there");
    const environment = { GANGLION_TENSORFLOW: folder, ...variables };
    const { code, stderr } = await runCli(["setup", "tensorflow", "--force", ...flags], environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(await readFile(join(folder, INSTALLED_FILE), "utf8")).toBe("what was there");
  });

  test("a folder that holds something else is not replaced", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "thesis.txt"), "years of work");
    const { code, stderr } = await runCli(["setup", "tensorflow"], { GANGLION_TENSORFLOW: folder });
    expect([code, await readFile(join(folder, "thesis.txt"), "utf8")]).toEqual([1, "years of work"]);
    expect(stderr).toMatch(/name an empty or new folder in GANGLION_TENSORFLOW/);
  });
});

describe("a binding that crashes when it is loaded", () => {
  test("ends a run before it begins, with the cause", async () => {
    const out = await temporaryFolder();
    const environment = { GANGLION_TENSORFLOW: await crashingInstallation() };
    const { code, stderr } = await runCli([...TRAIN, "--engine", "tensorflow", "--out", out], environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /tensorflow on cpu does not work here: the process that tried it crashed \(SIGABRT\)/,
    );
  });

  test("is passed over by --engine auto", async () => {
    const out = await temporaryFolder();
    const environment = { GANGLION_TENSORFLOW: await crashingInstallation() };
    const { code, stdout } = await runCli(
      ["train", ...TRAIN.slice(2), "--engine", "auto", "--device", "cpu", "--out", out],
      environment,
    );
    expect([code, stdout.split("\n").find((line) => line.startsWith("preset"))]).toEqual([
      0,
      expect.stringMatching(/engine graph on cpu \(the only one that works\)$/),
    ]);
  });
});

/** The layout of a libtensorflow archive, with links to the libraries of this machine: small, and the real thing. */
async function packageArchive(folder: string): Promise<Buffer> {
  const files = ["include", "lib/libtensorflow_cc.so.2", "lib/libtensorflow_framework.so.2"];
  const archive = join(folder, "archive.tar.gz");
  await runTool({ command: "mkdir", arguments: [join(folder, "lib")], purpose: "prepare", remedy: "" });
  await symlink(join(PROVISIONED, "include"), join(folder, "include"));
  await symlink(join(PROVISIONED, "libtensorflow_cc.so.2"), join(folder, files[1]));
  await symlink(join(PROVISIONED, "libtensorflow_framework.so.2"), join(folder, files[2]));
  await runTool({
    command: "tar",
    arguments: ["-czf", archive, "-C", folder, ...files],
    purpose: "pack the archive",
    remedy: "it needs tar",
  });
  return readFile(archive);
}

/** Looks provisioned, but its addon aborts the process that loads it. */
async function crashingInstallation(): Promise<string> {
  const folder = await temporaryFolder();
  const source = join(folder, "crash.cc");
  await writeFile(
    source,
    "#include <cstdlib>\n__attribute__((constructor)) static void crash() { std::abort(); }\n",
  );
  await runTool({
    command: "g++",
    arguments: ["-shared", "-fPIC", source, "-o", join(folder, BINDING_FILE)],
    purpose: "compile a binding that crashes",
    remedy: "it needs g++",
  });
  const { version } = tfjsNodePackage();
  const installed = { tensorflow: "0.0.0", package: version, source: "a test", revision: BINDING_REVISION };
  await writeFile(join(folder, INSTALLED_FILE), JSON.stringify(installed));
  return folder;
}
