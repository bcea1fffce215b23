// The version of this program, from the package that it was built in.
import { existsSync, readFileSync } from "node:fs";

/** `0.5.0` */
export function programVersion(): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("../", folder)) {
    const file = new URL("package.json", folder);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    if (folder.pathname === "/") return "unknown";
  }
}
