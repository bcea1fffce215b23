// Where this program would send what its receiver refuses, somebody must hear of it, whoever wanted to send it.
import type { GanglionError } from "../errors.ts";
import { isOwnFault } from "../protocol/own-message.ts";
import type { Connection, Hub } from "./transport.ts";

export interface OwnFaults {
  /** Resolves, never rejects, with the first. */
  readonly defect: Promise<GanglionError>;
  /** Does what may throw one, and tells of it. */
  readonly watch: <T>(make: () => T) => T;
}

export function watchOwnFaults(): OwnFaults {
  let tell: (error: GanglionError) => void;
  const defect = new Promise<GanglionError>((resolve) => {
    tell = resolve;
  });
  return {
    defect,
    watch(make) {
      try {
        return make();
      } catch (error) {
        if (isOwnFault(error)) tell(error);
        throw error;
      }
    },
  };
}

/** Aborts with the first of a hub. */
export function defectOf({ defect }: Pick<Hub, "defect">): AbortSignal {
  const controller = new AbortController();
  void defect?.then((error) => controller.abort(error));
  return controller.signal;
}

/** The connection, of whose sends `hear` is told which are refused here: many senders do not wait for the outcome. */
export function hearOwnFaults(connection: Connection, hear: (error: GanglionError) => void): Connection {
  return {
    ...connection,
    async send(message, body) {
      try {
        await connection.send(message, body);
      } catch (error) {
        if (isOwnFault(error)) hear(error);
        throw error;
      }
    },
  };
}
