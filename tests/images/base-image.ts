// A stand-in for the official Node image, made of Debian's packages and this machine's Node: no image registry is asked.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, realpath, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GanglionError } from "../../shared/errors.ts";

const execute = promisify(execFile);

/** Runs buildah with its images under `folder`; resolves with what it printed. */
export type Buildah = (...args: string[]) => Promise<string>;

/** @throws GanglionError USAGE where the machine cannot build images */
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
  const env = { ...process.env, BUILDAH_ISOLATION: "chroot" };
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
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await buildah("config", "--env", path, "--env", `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, container);
  await buildah("commit", "-q", "--rm", container, name);
}

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** A machine may reach its package registry by settings and certificates of its own. */
async function copyNetworkSettings(root: string): Promise<void> {
  await mkdir(join(root, dirname(CERTIFICATES)), { recursive: true });
  await mkdir(join(root, "usr/local/etc"), { recursive: true });
  for (const [from, to] of [
    [join(homedir(), ".npmrc"), "usr/local/etc/npmrc"],
    [CERTIFICATES, CERTIFICATES],
    ["/etc/resolv.conf", "etc/resolv.conf"],
  ]) {
    if (existsSync(from)) await copyFile(from, join(root, to));
  }
}
