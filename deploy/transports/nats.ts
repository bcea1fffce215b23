// Nodes that meet the coordinator at a NATS server.
import { openNatsHub } from "./nats-hub.ts";
import type { ServeOptions, Served } from "./served.ts";

/** @throws GanglionError as `openNatsHub` */
export async function serveByNats({
  server,
  run,
  datasets,
  history,
  dashboard,
}: ServeOptions): Promise<Served> {
  // Warnings are events of the run, so that its dashboard shows them too.
  const warn = (code: string, message: string): void =>
    void history.publish({ type: "warning", code, message });
  const hub = await openNatsHub({ server, run, history, dashboard, datasets, warn });
  const { url, token, tlsCaFile } = server;
  const join = `${url.replace(/\/+$/, "")}/${encodeURIComponent(run)}`;
  return {
    hub,
    join: {
      kind: "process",
      flags: ["--join", join, ...(tlsCaFile === undefined ? [] : ["--tls-ca", tlsCaFile])],
      environment: token === undefined ? {} : { GANGLION_TOKEN: token },
    },
  };
}
