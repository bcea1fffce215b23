// The container image, really built from deploy/Dockerfile and really started, beside the same run without a container.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { type Buildah, createBaseImage, openBuildah } from "./base-image.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RUN = ["train", "--steps", "4", "--batch", "64", "--shard", "32", "--workers", "2", "--dashboard", "off", "--json"]; // prettier-ignore

let folder: string;
let buildah: Buildah;
let container: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-images-"));
  buildah = await openBuildah(folder);
  await createBaseImage(buildah, folder, "docker.io/library/node:20-bookworm-slim");
  await buildah(
    "bud",
    "--pull-never",
    "--target",
    "cpu",
    "-f",
    join(ROOT, "deploy/Dockerfile"),
    "-t",
    "ganglion",
    ROOT,
  );
  container = await buildah("from", "--pull-never", "localhost/ganglion");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the image trains as a plain user, into its volume, and the weights are the same bits as outside", async () => {
  const inside = await inContainer("node", "/ganglion/dist/deploy/cli.js", ...RUN, "--out", "/runs");
  const outside = startCli([...RUN, "--out", join(folder, "runs")]);
  const done = await outside.event(({ event }) => event === "done");
  expect(JSON.parse(inside.split("\n").at(-1)!)).toMatchObject({
    event: "done",
    weightsHash: done["weightsHash"],
  });
  expect(await inContainer("stat", "-c", "%U", "/runs/00001-digits-strokes/ledger")).toBe("node");
  expect(await inContainer("id", "-un")).toBe("node");
});

test("the image starts the program, whose help it shows, without compilers, tests or sources of the build", async () => {
  const config = JSON.parse(await buildah("inspect", "--type", "image", "localhost/ganglion")) as {
    readonly OCIv1: { readonly config: { readonly Entrypoint: string[]; readonly Cmd: string[] } };
  };
  const { Entrypoint, Cmd } = config.OCIv1.config;
  expect(await inContainer(...Entrypoint, ...Cmd)).toMatch(/^Usage: ganglion/);
  expect(await inContainer("ls", "/ganglion")).not.toMatch(/tests|\.git/);
  expect(await inContainer("ls", "/ganglion/node_modules")).not.toMatch(/^(vitest|typescript|oxlint)$/m);
});

function inContainer(...command: string[]): Promise<string> {
  return buildah("run", "--user", "node", container, "--", ...command);
}
