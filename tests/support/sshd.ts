// A real OpenSSH server on loopback for one test: its own keys, port and configuration.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { freePort } from "./free-port.ts";

const SSHD = "/usr/sbin/sshd";

export interface SshServer {
  /** As ssh takes it. */
  readonly address: string;
  /** For ssh: port, key, and no questions about the host. */
  readonly options: readonly string[];
}

/** @throws Error with the command that installs OpenSSH where it is missing */
export async function startSshServer(): Promise<SshServer> {
  if (!existsSync(SSHD))
    throw new Error("this test needs OpenSSH's server: apt-get install openssh-server openssh-client");
  const folder = await temporaryFolder();
  await chmod(folder, 0o700);
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true }); // where a root's sshd confines itself
  const port = await freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "user.pub")}`,
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
  ];
  await writeFile(join(folder, "sshd_config"), config.join("\n"));
  const server = spawn(SSHD, ["-D", "-e", "-f", join(folder, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  server.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
  onTestFinished(() => void server.kill("SIGKILL"));
  await vi.waitFor(() => reachable(port, complaint), { timeout: 10_000 });
  return {
    address: `${userInfo().username}@127.0.0.1`,
    options:
      `-p ${port} -i ${join(folder, "user")} -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`.split(
        " ",
      ),
  };
}

function reachable(port: number, complaint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", () => reject(new Error(`sshd does not answer: ${complaint}`)));
  });
}
