// Where nats-server is: on the PATH, in /usr/sbin, or Debian's package unpacked into a cache folder.
import { execFile } from "node:child_process";
import { access, constants, mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @throws Error with the one line that mends it: tests that need a server are never skipped */
export async function findNatsServer(): Promise<string> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  for (const folder of folders) {
    const file = join(folder, "nats-server");
    if (await isProgram(file)) return file;
  }
  return await unpackDebianPackage();
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** `apt-get download` and `dpkg -x` need no root. */
async function unpackDebianPackage(): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ganglion", "nats-server");
  const file = join(cache, "usr", "sbin", "nats-server");
  if (await isProgram(file)) return file;
  const partial = `${cache}.${process.pid}`;
  try {
    await mkdir(partial, { recursive: true });
    await run("apt-get", ["download", "nats-server"], { cwd: partial });
    const archive = (await readdir(partial)).find((name) => name.endsWith(".deb"));
    await run("dpkg", ["-x", archive ?? "nats-server.deb", "."], { cwd: partial });
    await rename(partial, cache).catch(() => undefined); // another process may have been faster
  } catch (cause) {
    throw new Error(
      "these tests need a nats-server on the PATH: apt-get install nats-server (or see https://nats.io/download)",
      { cause },
    );
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  if (await isProgram(file)) return file;
  throw new Error(`Debian's nats-server package has no ${file}: apt-get install nats-server`);
}
