// Loads shared libraries ahead of a library that needs them and would not find them: the linker then knows their names.
import { readdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../shared/errors.ts";

/** From glibc's dlfcn.h: the library stays, although Node lets go of what is no addon. */
const RTLD_NODELETE = 0x1000;

/** Why a library could not be loaded, or null. An absolute path, or a name that the linker looks for. */
export function loadLibrary(file: string): string | null {
  const { RTLD_LAZY, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, file, RTLD_LAZY | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    // Node looks for an addon in it, after it was loaded, and says that there is none.
    const reason = messageOf(error);
    return reason.includes("did not self-register") ? null : reason;
  }
  return null;
}

/**
 * Loads every library under a folder. They need each other, in an order that nobody tells: those that fail
 * are tried again as long as others succeed. Returns why the rest failed.
 */
export function loadLibraries(folder: string): string[] {
  let files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.so(\.\d+)*$/.test(name))
    .map((name) => join(folder, name));
  for (;;) {
    const failures = files.map((file) => [file, loadLibrary(file)] as const).filter(([, reason]) => reason);
    if (failures.length === 0 || failures.length === files.length)
      return failures.map(([, reason]) => reason!);
    files = failures.map(([file]) => file);
  }
}
