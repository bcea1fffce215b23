// What other programs of this field call a setting.

/** By the name it has here, in lower case and without dashes. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  batch: ["batchsize", "bs"],
  data: ["dataset", "datadir", "dataroot", "datapath"],
  device: ["gpu", "cuda", "accelerator"],
  epochs: ["epoch", "nepochs", "numepochs", "maxepochs", "numtrainepochs"],
  latentsize: ["latentdim", "zdim", "nz", "noisedim"],
  learningrate: ["lr"],
  out: ["output", "outdir", "outputdir", "savedir", "logdir"],
  resume: ["checkpoint", "restore", "continue"],
  seed: ["randomseed", "manualseed"],
  steps: ["iterations", "iters", "maxsteps", "numsteps", "totalsteps"],
  workers: ["numworkers", "nworkers", "nodes", "nproc", "worldsize"],
};

/** The candidate that `word` is another name of; undefined where it is none. */
export function nameHere<Candidate extends string>(
  word: string,
  candidates: readonly Candidate[],
): Candidate | undefined {
  return candidates.find((candidate) => OTHER_NAMES[bare(candidate)]?.includes(bare(word)));
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
