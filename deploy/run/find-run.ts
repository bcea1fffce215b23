// A run of a NATS server by its name, or the only one.
import { namedAlike } from "../../coordinator/records/run-name.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { StatusRecord } from "../../shared/status-record.ts";

/**
 * The run of this name or number; without a name, the only one that the server at `address` lists.
 *
 * @throws GanglionError USAGE with the names that there are
 */
export function findListedRun(
  runs: readonly StatusRecord[],
  name: string | undefined,
  address: string,
): StatusRecord {
  const alike = name === undefined ? null : namedAlike(runs.map(({ run }) => run), name); // prettier-ignore
  const found = alike === null ? runs : runs.filter(({ run }) => alike.includes(run));
  if (found.length === 1) return found[0];
  const names = runs.length === 0 ? "none" : runs.map(({ run }) => run).join(", ");
  const wrong =
    name === undefined
      ? `say which run of ${address} with --run NAME`
      : found.length > 1
        ? `${name} may be any of ${found.length} runs at ${address}`
        : `there is no run ${name} at ${address}`;
  throw new GanglionError("USAGE", `${wrong}: it lists ${names}`);
}
