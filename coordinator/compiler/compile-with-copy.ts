// Compiles a new run from the user's own files, and again from its copy, which has to make the same run.
import type { RunConfig } from "../../shared/config/config.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { type CompiledRun, compileOnce, compileRun } from "./compile-run.ts";
import type { ImageSpec } from "./models/networks.ts";
import { withQuietConsole } from "./quiet-console.ts";
import { checkRepeated, differenceOfRuns } from "./repeated-run.ts";

export interface CompiledWithCopy {
  readonly compiled: CompiledRun;
  /** What the copy makes otherwise, in words; null where it makes the same. */
  readonly difference: string | null;
}

/**
 * The second of the two times that a module is made is the copy's, so that the comparison costs nothing. `copied` is
 * the config with the copy's files. Errors name the user's own.
 *
 * @throws GanglionError as `compileRun`
 */
export async function compileWithCopy(
  config: RunConfig,
  images: ImageSpec,
  copied: RunConfig,
): Promise<CompiledWithCopy> {
  if (config.model.kind !== "module" || config.model === copied.model)
    return { compiled: await compileRun(config, images), difference: null };
  const started = performance.now();
  const { file } = config.model;
  const run = await compileOnce(config, images, undefined);
  const difference = await withQuietConsole(() => compileOnce(copied, images, undefined, true)).then(
    (again) => differenceOfRuns(run, again),
    (error: unknown) => {
      if (error instanceof GanglionError) return messageOf(error);
      throw error;
    },
  );
  if (difference !== null) {
    const repeated = await withQuietConsole(() => compileOnce(config, images, undefined, true));
    checkRepeated(file, run, repeated);
  }
  return { compiled: { ...run, traceMs: performance.now() - started }, difference };
}
