// Settings of a GAN's objective that a run could not follow, refused by name: nothing is silently without effect.
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { checkAugmentation } from "./augment/check-augmentation.ts";

/** @throws GanglionError CONFIG where a classifier, or a module with losses of its own, is given a GAN's settings */
export function checkSettings(config: RunConfig, hasOwnLosses: boolean): void {
  if (!hasOwnLosses) checkAugmentation(config);
  const [setting] = objectiveSettings(config);
  if (setting === undefined) return;
  if (config.task === "classifier")
    throw refused(setting, "is for GANs, and this run trains a classifier: leave it out");
  if (hasOwnLosses && config.model.kind === "module")
    throw refused(
      setting,
      `has no effect, since ${config.model.file} exports losses of its own: leave one of the two out (a module's losses are given losses, regularizers and augment to call)`,
    );
}

/** The fields that are set and decide what the networks minimize, by their paths. */
function objectiveSettings({ loss, regularizers, topK, augment }: RunConfig): string[] {
  const fields = { loss: loss !== undefined, topK: topK !== 1, augment: augment.kind !== "none" };
  const set = Object.entries(fields).filter(([, isSet]) => isSet);
  return [...set.map(([name]) => name), ...Object.keys(regularizers).map((name) => `regularizers.${name}`)];
}

function refused(path: string, why: string): GanglionError {
  return new GanglionError("CONFIG", `config field ${path} ${why}`);
}
