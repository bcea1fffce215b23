// Other programs' names for our settings.

/** By the name it has here, in lower case and without dashes; the first that there is goes before the others. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  average: ["ema", "emadecay", "emabeta"],
  batch: ["batchsize", "bs"],
  data: ["dataset", "datadir", "dataroot", "datapath"],
  gpus: ["gpu"],
  checkpointevery: ["saveevery", "saveinterval", "savesteps", "snapshot", "snap"],
  device: ["gpu", "cuda", "accelerator"],
  discriminatorrounds: ["ncritic", "dsteps", "discriminatorsteps", "criticiterations"],
  epochs: ["epoch", "nepochs", "numepochs", "maxepochs", "numtrainepochs"],
  latentsize: ["latentdim", "zdim", "nz", "noisedim", "latents"],
  keep: ["savetotallimit", "keeplast", "maxtokeep", "keepcheckpoints"],
  learningrate: ["lr"],
  out: ["output", "outdir", "outputdir", "savedir", "logdir"],
  resume: ["checkpoint", "restore", "continue"],
  sampleevery: ["sampleinterval", "sampleperiod"],
  seed: ["randomseed", "manualseed"],
  steps: ["iterations", "iters", "maxsteps", "numsteps", "totalsteps"],
  workers: ["numworkers", "nworkers", "nodes", "nproc", "worldsize"],
};

/** The candidate that `word` is another name of; undefined where it is none. */
export function synonymOf(word: string, candidates: readonly string[]): string | undefined {
  for (const [here, others] of Object.entries(OTHER_NAMES)) {
    const found = others.includes(bare(word)) && candidates.find((candidate) => bare(candidate) === here);
    if (found) return found;
  }
  return undefined;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
