// Options of the training dynamics, described once: optimizer, rates, clipping, regularization.
import type { Command } from "commander";
import { LEARNING_RATE_SCHEDULES, OPTIMIZERS } from "../../shared/config/optimizer-names.ts";
import { fraction, numberFromZero, oneOf, positiveNumber, wholeNumber } from "./parsers.ts";

export function addOptimizerFlags(command: Command): Command {
  return command
    .optionsGroup("Training dynamics:")
    .option("--optimizer <name>", `${OPTIMIZERS.join(", ")} (default: the preset's, adam)`, oneOf(OPTIMIZERS))
    .option("--learning-rate <x>", "step size, for every network", positiveNumber)
    .option("--generator-learning-rate <x>", "the generator's own", positiveNumber)
    .option("--discriminator-learning-rate <x>", "the discriminator's own", positiveNumber)
    .option(
      "--learning-rate-schedule <name>",
      "the rate over the run: constant, linear or cosine (down to 0), step (halved every 1000 steps)",
      oneOf(LEARNING_RATE_SCHEDULES),
    )
    .option("--warm-up <steps>", "the rate rises to its value in so many steps", wholeNumber(0))
    .option("--momentum <x>", "of sgd and rmsprop, such as 0.9", fraction)
    .option("--nesterov", "sgd looks ahead along its momentum")
    .option("--clip-norm <x>", "the longest that a network's gradient may be, such as 1", positiveNumber)
    .option("--clip-value <x>", "bounds every number of it instead", positiveNumber)
    .option("--l2 <x>", "adds x · w to the gradient of kernels, such as 1e-4", numberFromZero)
    .option("--weight-decay <x>", "shrinks kernels by rate · x a step, beside the gradient", numberFromZero)
    .optionsGroup("Options:")
    .addHelpText("after", ADVICE);
}

const ADVICE = `
Gradients that explode: a smaller --learning-rate, --clip-norm 1, or --l2 1e-4 and more.
Gradients that vanish: leaky relu instead of sigmoid or tanh, normalization between layers; adam instead of sgd.
A discriminator that wins: a smaller --discriminator-learning-rate. Every run names the layer when it happens.
A config file has more: a schedule's end, betas, an optimizer of its own for each network ("optimizers").
`;
