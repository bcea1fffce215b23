// The paths of a run folder's files.
import { basename, join } from "node:path";

export const FROM_FILE = "from.safetensors";

/** All absolute. */
export interface RunPaths {
  readonly path: string;
  /** The folder's own name, e.g. `00007-dcgan-mnist`. */
  readonly name: string;
  /** `config.json`, written by the coordinator; a folder without it is no run. */
  readonly configFile: string;
  /** `run.json`: name, tags, and each session's command, versions, nodes and end. */
  readonly runFile: string;
  /** `fingerprints.json`: of data, programs and module, as the run began. */
  readonly fingerprintsFile: string;
  /** `stats.jsonl`: one line a step. */
  readonly statsFile: string;
  /** `series.bin`: the same by series, for the dashboard; made again from the stats where it is not there. */
  readonly seriesFile: string;
  /** `ledger`: one line a committed phase. */
  readonly ledgerFile: string;
  /** `status.json`: what `ganglion status` shows, replaced every two seconds. */
  readonly statusFile: string;
  /** `log.txt` */
  readonly logFile: string;
  /** `control.jsonl`: what was asked of the run while it went on, and the answers. */
  readonly auditFile: string;
  /** `control.json`: how `ganglion control` reaches the run, and the token; only while it goes on, for its user alone. */
  readonly controlFile: string;
  /** `samples/`, a folder. */
  readonly samples: string;
  /** `samples/index.json`: which checkpoint draws which picture. */
  readonly pictureIndexFile: string;
  /** `from.safetensors`: what a run began with whose weights are taken from another; in no other run. */
  readonly fromFile: string;
  /** `checkpoints/`, a folder. */
  readonly checkpoints: string;
  /** `model/`, a folder: the run's own copy of its module and saved networks; not in every run. */
  readonly model: string;
}

/** @param path absolute */
export function runPaths(path: string): RunPaths {
  return {
    path,
    name: basename(path),
    configFile: join(path, "config.json"),
    runFile: join(path, "run.json"),
    fingerprintsFile: join(path, "fingerprints.json"),
    statsFile: join(path, "stats.jsonl"),
    seriesFile: join(path, "series.bin"),
    ledgerFile: join(path, "ledger"),
    statusFile: join(path, "status.json"),
    logFile: join(path, "log.txt"),
    auditFile: join(path, "control.jsonl"),
    controlFile: join(path, "control.json"),
    samples: join(path, "samples"),
    pictureIndexFile: join(path, "samples", "index.json"),
    fromFile: join(path, FROM_FILE),
    checkpoints: join(path, "checkpoints"),
    model: join(path, "model"),
  };
}
