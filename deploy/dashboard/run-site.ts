// One run at the root, from its files.
import type { Site } from "../../coordinator/dashboard/site.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { FollowedRun } from "./followed-run.ts";

export async function siteOfFolder(paths: RunPaths): Promise<Site> {
  const followed = await FollowedRun.open(paths);
  const { content: run } = followed;
  return {
    only: run,
    open: [run],
    find: (path) => Promise.resolve({ run, base: "", path }),
    reply: () => Promise.resolve(null),
    close: () => followed.close(),
  };
}
