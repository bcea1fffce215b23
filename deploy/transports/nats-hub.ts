// A coordinator's place at a NATS server: the run's hub, and what lets it be found.
import { GanglionError } from "../../shared/errors.ts";
import {
  type NatsClient,
  type NatsOptions,
  connectNatsServer,
} from "../../shared/transport/nats/client/client.ts";
import { listenNats } from "../../shared/transport/nats/nats.ts";
import { type Liveness, watchLiveness } from "../../shared/transport/nats/client/liveness.ts";
import type { Hub } from "../../shared/transport/transport.ts";
import { type ListingOptions, startListing } from "./nats-listing.ts";

export interface NatsHubOptions extends Omit<ListingOptions, "isThere"> {
  readonly server: NatsOptions;
}

/**
 * Serves the run at the server, and lets it be found there. Where the server has no JetStream, the run goes on
 * unlisted, with a warning; nodes then need their own data.
 *
 * @throws GanglionError as `listenNats`
 */
export async function openNatsHub(options: NatsHubOptions): Promise<Hub> {
  const { server, run, warn } = options;
  const say = (sentence: string): void => warn("TRANSPORT", sentence);
  const hub = await listenNats({ ...server, run, say });
  let client: NatsClient | null = null;
  let liveness: Liveness | null = null;
  try {
    const opened = (client = await connectNatsServer(server)); // of its own: uploads must not delay leases
    const { isAlive, stop } = (liveness = watchLiveness(opened));
    const listing = await startListing(opened, { ...options, isThere: isAlive }).catch((error: unknown) => {
      if (!(error instanceof GanglionError)) throw error;
      warn(error.code, `${error.message}; the run goes on without being listed`);
      return null;
    });
    const close = async (reason?: string, isGoingOn?: boolean): Promise<void> => {
      await hub.close(reason);
      await listing?.stop(isGoingOn);
      stop();
      await opened.close();
    };
    let closed: Promise<void> | null = null;
    const status: Hub["status"] = () => {
      const own = hub.status();
      return { ...own, connected: own.connected && isAlive() };
    };
    return { ...hub, status, close: (reason, isGoingOn) => (closed ??= close(reason, isGoingOn)) };
  } catch (error) {
    liveness?.stop();
    await client?.close();
    await hub.close();
    throw error;
  }
}
