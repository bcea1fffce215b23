// The user's own folders, looked up when they are needed.
//
// A user id without an entry in passwd, as in containers, has none.
import { userInfo } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** `$HOME`, else what the system knows of the user; null where it knows nothing. */
export function homeFolder(environment: Environment = process.env): string | null {
  if (environment["HOME"]) return environment["HOME"];
  try {
    return userInfo().homedir || null;
  } catch {
    return null; // no entry in passwd
  }
}

/** Ganglion's folder where the system keeps this user's caches (`$XDG_CACHE_HOME`, `~/.cache`); null where there is no home. */
export function userCache(environment: Environment = process.env): string | null {
  const home = homeFolder(environment);
  const caches = environment["XDG_CACHE_HOME"] || (home && join(home, ".cache"));
  return caches ? join(caches, "ganglion") : null;
}
