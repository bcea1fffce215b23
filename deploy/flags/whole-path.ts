// Where data lie, as a config keeps it.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isBuiltIn } from "../../shared/data/formats.ts";

/** The whole path of what is there, since a run may be resumed from elsewhere; other names are left for `loadDataset` to judge. */
export function wholePath(data: string): string {
  return !isBuiltIn(data) && existsSync(data) ? resolve(data) : data;
}
