// A stand-in for the official Node image, made of Debian's packages and this machine's Node: no image registry is asked.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, realpath, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GanglionError } from "../../shared/errors.ts";

const execute = promisify(execFile);

/** Runs buildah, resolves with what it printed, and rejects as `execFile` does. */
export type Buildah = (...args: string[]) => Promise<string>;

/**
 * With all its images under `folder`.
 *
 * @throws GanglionError USAGE where the machine cannot build images
 */
export async function openBuildah(folder: string): Promise<Buildah> {
  for (const program of ["buildah", "debootstrap"]) {
    await execute(program, ["--version"]).catch((cause: unknown) => {
      const message = `building images needs ${program}: apt-get install buildah debootstrap`;
      throw new GanglionError("USAGE", message, { cause });
    });
  }
  if (process.getuid?.() !== 0)
    throw new GanglionError("USAGE", "building images without a daemon needs root: run it as root");
  const places = [
    "--root",
    join(folder, "images"),
    "--runroot",
    join(folder, "run"),
    "--storage-driver",
    "vfs",
  ];
  const scratch = join(folder, "tmp"); // also for what RUN --mount=type=cache keeps
  await mkdir(scratch, { recursive: true });
  const env = { ...process.env, BUILDAH_ISOLATION: "chroot", TMPDIR: scratch };
  return async (...args) => {
    const { stdout } = await execute("buildah", [...places, ...args], { env, maxBuffer: 64 << 20 });
    return stdout.trim();
  };
}

/** Names a minimal Debian 12 with Node, npm and the user `node` as the image `name`, in `folder`. */
export async function createBaseImage(buildah: Buildah, folder: string, name: string): Promise<void> {
  const root = join(folder, "debian");
  await execute("debootstrap", ["--variant=minbase", "bookworm", root], { maxBuffer: 64 << 20 });
  await copyFile(process.execPath, join(root, "usr/local/bin/node"));
  const npm = dirname(dirname(await realpath((await execute("which", ["npm"])).stdout.trim())));
  await mkdir(join(root, "usr/local/lib/node_modules"), { recursive: true });
  await cp(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
  await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  await copyNetworkSettings(root);
  await execute("chroot", [root, "useradd", "--uid", "1000", "--create-home", "node"]);
  const container = await buildah("from", "scratch");
  await buildah("copy", "-q", container, root, "/");
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
    `PIP_CERT=${CERTIFICATES}`,
  ];
  await buildah("config", ...environment.flatMap((variable) => ["--env", variable]), container);
  await buildah("commit", "-q", "--rm", container, name);
}

/** Not where Debian has them: its package ca-certificates, which pip brings, would write over them. */
const CERTIFICATES = "/etc/ssl/of-this-machine.crt";

/** A machine may reach its package registries by settings and certificates of its own. */
async function copyNetworkSettings(root: string): Promise<void> {
  await mkdir(join(root, dirname(CERTIFICATES)), { recursive: true });
  await mkdir(join(root, "usr/local/etc"), { recursive: true });
  for (const [from, to] of [
    [join(homedir(), ".npmrc"), "usr/local/etc/npmrc"],
    ["/etc/pip.conf", "etc/pip.conf"],
    ["/etc/ssl/certs/ca-certificates.crt", CERTIFICATES],
    ["/etc/resolv.conf", "etc/resolv.conf"],
  ]) {
    if (existsSync(from)) await copyFile(from, join(root, to));
  }
}
