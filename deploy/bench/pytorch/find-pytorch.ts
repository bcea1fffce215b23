// Finds a Python that has PyTorch.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GanglionError } from "../../../shared/errors.ts";
import type { DeviceName } from "../../../worker/engine/engine-choice.ts";

const run = promisify(execFile);

/** What PyTorch computes on: `cuda` is what it calls a GPU of NVIDIA's or AMD's. */
export type PeerDevice = "cpu" | "cuda";

export interface PyTorch {
  readonly python: string;
  readonly version: string;
  readonly device: PeerDevice;
}

/** A GPU is compared with PyTorch on a GPU. */
export function peerDevice(device: DeviceName): PeerDevice {
  return device === "cpu" ? "cpu" : "cuda";
}

const HOW_TO_GET: Readonly<Record<PeerDevice, string>> = {
  cpu: "no PyTorch was found: on Debian `apt-get install python3-torch libopenblas0-openmp`, elsewhere `pip install torch`, then --python FILE where it is not the usual python3",
  cuda: "no PyTorch was found that sees a GPU (torch.cuda.is_available()): `pip install torch`, then --python FILE where it is not the usual python3",
};

export function howToGetPyTorch(device: PeerDevice): string {
  return HOW_TO_GET[device];
}

/** Where a Python usually is; Debian's packages belong to the one in /usr/bin. */
const USUAL = ["python3", "/usr/bin/python3", "python"];
const IMPORT_TIMEOUT_MS = 60_000;

/**
 * The Pythons among `pythons`, or of the usual places the first, that can import PyTorch with its gloo backend; for `cuda`
 * those that see a GPU.
 *
 * @throws GanglionError USAGE for one of `pythons` that cannot
 */
export async function findPyTorch(
  pythons: readonly string[],
  device: PeerDevice = "cpu",
): Promise<readonly PyTorch[]> {
  const given = pythons.length > 0;
  const found: PyTorch[] = [];
  for (const python of given ? pythons : USUAL) {
    const facts = await factsOf(python);
    const lacks = lackOf(facts, device);
    if (lacks !== null && given)
      throw new GanglionError("USAGE", `${python} ${lacks}: give a --python that can, or none`);
    if (facts !== null && lacks === null) found.push({ python, version: facts.version, device });
    if (found.length > 0 && !given) break;
  }
  return found;
}

interface Facts {
  readonly version: string;
  readonly seesGpu: boolean;
}

function lackOf(facts: Facts | null, device: PeerDevice): string | null {
  if (facts === null) return "cannot import torch";
  if (device === "cpu" || facts.seesGpu) return null;
  return `has PyTorch ${facts.version}, which cannot compute on a GPU here (torch.cuda.is_available() is False)`;
}

async function factsOf(python: string): Promise<Facts | null> {
  try {
    const { stdout } = await run(
      python,
      [
        "-c",
        "import torch, torch.distributed as d; assert d.is_gloo_available() if hasattr(d, 'is_gloo_available') else d.is_available(); print(torch.__version__, torch.cuda.is_available())",
      ],
      { timeout: IMPORT_TIMEOUT_MS },
    );
    const [version, seesGpu] = stdout.trim().split(" ");
    return { version, seesGpu: seesGpu === "True" };
  } catch {
    return null; // not there, or without PyTorch: both are "not found"
  }
}
