// stub to be replaced
export const DIVERGED_REMEDY =
  "start a new run with a smaller --learning-rate, or bound the gradient with --clip-norm 1";
