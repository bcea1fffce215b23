// Loaded before the program: the system knows nothing of its user, as of a container's user id without an entry in passwd.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

delete process.env.HOME;
for (const name of ["homedir", "userInfo"]) {
  os[name] = () => {
    throw new Error(`A system error occurred: uv_os_${name} returned ENOENT (no such file or directory)`);
  };
}
syncBuiltinESMExports();
