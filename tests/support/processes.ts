// Which processes there are, from Linux's /proc.
import { readFile, readdir } from "node:fs/promises";

/** From proc(5): pid and parent of every process; a killed one that nobody waited for is Z and counts as gone. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  const found: { pid: number; parent: number }[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => null); // it may end meanwhile
    const [state, parent] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? ["Z"];
    if (state !== "Z" && state !== "X") found.push({ pid: Number(name), parent: Number(parent) });
  }
  return found;
}

export async function childrenOf(pid: number): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === pid).map((child) => child.pid);
}

/** Its children, theirs, and so on. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const all = await processes();
  const found = [pid];
  for (const ancestor of found)
    // grows meanwhile
    found.push(...all.filter(({ parent }) => parent === ancestor).map((child) => child.pid));
  return found.slice(1);
}

export async function alive(pids: readonly number[]): Promise<number[]> {
  return (await processes()).map(({ pid }) => pid).filter((pid) => pids.includes(pid));
}
