// Settings of a GAN's objective that a run could not follow, refused by name: nothing is silently without effect.
import type { RunConfig } from "../../../shared/config/config.ts";
import {
  type AdversarialLoss,
  LOSS_NAMES,
  USUAL_LOSS,
  lossOf,
} from "../../../shared/config/objectives/losses.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { checkAugmentation } from "./augment/check-augmentation.ts";

/** @throws GanglionError CONFIG where a classifier, or a module with losses of its own, is given a GAN's settings */
export function checkSettings(config: RunConfig, hasOwnLosses: boolean): void {
  checkTopK(config);
  if (!hasOwnLosses) checkAugmentation(config);
  if (!hasOwnLosses && config.task === "gan") checkLoss(config);
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

function checkTopK({ topK, loss = USUAL_LOSS, shard }: RunConfig): void {
  if (topK === 1) return;
  if (!lossOf(loss).perFake)
    throw refused(
      "topK",
      `chooses among the losses of single images, and the loss ${loss} compares images with one another: leave it out, or give --loss hinge or another of ${namesOf((one) => one.perFake !== undefined)}`,
    );
  if (shard === 1)
    throw refused("topK", "chooses among the images of a shard, and a shard has 1: give a larger --shard");
}

/** What a loss has no place for. */
function checkLoss({ loss = USUAL_LOSS, regularizers }: RunConfig): void {
  const { hasTargets = false } = lossOf(loss);
  if (regularizers.labelSmoothing && !hasTargets)
    throw refused(
      "regularizers.labelSmoothing",
      `has no effect with the loss ${loss}, which has no targets to smooth: leave it out, or choose one of ${namesOf((one) => one.hasTargets === true)}`,
    );
}

function namesOf(has: (loss: AdversarialLoss) => boolean): string {
  return LOSS_NAMES.filter((name) => has(lossOf(name))).join(", ");
}

/** The fields that are set and decide what the networks minimize, by their paths. */
function objectiveSettings(config: RunConfig): string[] {
  const { loss, regularizers, topK, augment, weightClip, task } = config;
  const fields = {
    loss: loss !== undefined,
    topK: topK !== 1,
    augment: augment.kind !== "none",
    weightClip: weightClip !== undefined && task === "classifier", // a module's own losses leave it its effect
  };
  const set = Object.entries(fields).filter(([, isSet]) => isSet);
  return [...set.map(([name]) => name), ...Object.keys(regularizers).map((name) => `regularizers.${name}`)];
}

function refused(path: string, why: string): GanglionError {
  return new GanglionError("CONFIG", `config field ${path} ${why}`);
}
