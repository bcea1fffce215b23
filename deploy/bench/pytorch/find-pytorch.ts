// Finds a Python that has PyTorch.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GanglionError } from "../../../shared/errors.ts";

const run = promisify(execFile);

export interface PyTorch {
  readonly python: string;
  readonly version: string;
}

export const HOW_TO_GET_PYTORCH =
  "no PyTorch was found: on Debian `apt-get install python3-torch libopenblas0-openmp`, elsewhere `pip install torch`, then --python FILE where it is not the usual python3";

/** Where a Python usually is; Debian's packages belong to the one in /usr/bin. */
const USUAL = ["python3", "/usr/bin/python3", "python"];
const IMPORT_TIMEOUT_MS = 60_000;

/** The Pythons among `pythons`, or of the usual places the first, that can import PyTorch with its gloo backend. */
export async function findPyTorch(pythons: readonly string[]): Promise<readonly PyTorch[]> {
  const given = pythons.length > 0;
  const found: PyTorch[] = [];
  for (const python of given ? pythons : USUAL) {
    const version = await versionOf(python);
    if (version === null && given) {
      throw new GanglionError("USAGE", `${python} cannot import torch: give a --python that can, or none`);
    }
    if (version !== null) found.push({ python, version });
    if (version !== null && !given) break;
  }
  return found;
}

async function versionOf(python: string): Promise<string | null> {
  try {
    const { stdout } = await run(
      python,
      [
        "-c",
        "import torch, torch.distributed as d; assert d.is_gloo_available() if hasattr(d, 'is_gloo_available') else d.is_available(); print(torch.__version__)",
      ],
      { timeout: IMPORT_TIMEOUT_MS },
    );
    return stdout.trim();
  } catch {
    return null; // not there, or without PyTorch: both are "not found"
  }
}
