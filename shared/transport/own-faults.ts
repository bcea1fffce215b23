// Reports a defect of this program: a message that its receiver would refuse, whoever tried to send it.
import type { GanglionError } from "../errors.ts";
import { isOwnFault } from "../protocol/own-message.ts";
import type { Connection, Hub } from "./transport.ts";

export interface OwnFaults {
  /** Resolves, never rejects, with the first. */
  readonly defect: Promise<GanglionError>;
  /** Runs what may throw one, and reports it. */
  readonly watch: <T>(make: () => T) => T;
}

export function watchOwnFaults(): OwnFaults {
  let report: (error: GanglionError) => void;
  const defect = new Promise<GanglionError>((resolve) => {
    report = resolve;
  });
  return {
    defect,
    watch(make) {
      try {
        return make();
      } catch (error) {
        if (isOwnFault(error)) report(error);
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

/** The same connection; `onFault` is called for each send that is refused here, as many senders do not wait for it. */
export function hearOwnFaults(connection: Connection, onFault: (error: GanglionError) => void): Connection {
  return {
    ...connection,
    async send(message, body) {
      try {
        await connection.send(message, body);
      } catch (error) {
        if (isOwnFault(error)) onFault(error);
        throw error;
      }
    },
  };
}
