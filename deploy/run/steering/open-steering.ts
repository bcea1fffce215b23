// A run that can be steered: its requests, their audit, and the ways that lead to it.
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import type { DashboardOptions } from "../../../coordinator/dashboard/server.ts";
import type { EventHistory } from "../../../coordinator/dashboard/history.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { Steering } from "../../../coordinator/steering/steering.ts";
import { messageOf } from "../../../shared/errors.ts";
import { resumeCommand } from "../../terminal/command-line.ts";
import { openAudit } from "./audit.ts";
import { writeControlFile } from "./control-file.ts";
import { openDesk } from "./desk.ts";
import { type LocalSocket, openLocalSocket } from "./local-socket.ts";

export interface SteeringPlace {
  readonly folder: RunPaths;
  readonly history: EventHistory;
  /** Makes what hears why a file cannot be written, and what lacks it. */
  readonly failing: (file: string, what: string) => (cause: string) => void;
}

export interface OpenSteering {
  readonly steering: Steering;
  /** For the dashboard: with the token of this session, which `control.json` has. */
  readonly control: NonNullable<DashboardOptions["control"]>;
  /** Lets `ganglion control` reach the run. `dashboard`: its address for this machine; null where it is off. */
  listen(dashboard: string | null): Promise<void>;
  /** Refuses what still waits, and gives everything back. */
  close(): Promise<void>;
}

const TOKEN_BYTES = 32;

/** Opens nothing before `listen`. Where no socket can be made, the run goes on without, and says so. */
export function openSteering({ folder, history, failing }: SteeringPlace): OpenSteering {
  const { auditFile, controlFile, path } = folder;
  const audit = openAudit(auditFile, failing(auditFile, "it"));
  const steering = new Steering({
    heard(answer, request, from) {
      const { id, outcome, step } = answer;
      const message = answer.outcome === "applied" ? answer.said.join("; ") : answer.reason;
      history.publish({ type: "control", request: id, action: request.action, outcome, step, from, message });
      audit.note(answer, request, from);
    },
  });
  const desk = openDesk({ steering, history, folder });
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  let socket: LocalSocket | null = null;
  return {
    steering,
    control: { ...desk, tokens: [token] },
    async listen(dashboard) {
      try {
        socket = await openLocalSocket(desk);
        await writeControlFile(controlFile, { socket: socket.path, dashboard, token, pid: process.pid });
      } catch (error) {
        const message = `ganglion control cannot reach this run (${messageOf(error)}): steer it in its dashboard, or stop it with Ctrl-C and go on with --resume --change`;
        history.publish({ type: "warning", code: "RUN_FOLDER", message });
      }
    },
    async close() {
      steering.close(`the run is over: ${resumeCommand(path)} goes on with it`);
      await audit.close();
      await rm(controlFile, { force: true }).catch(() => undefined); // without its process it leads nowhere
      await socket?.close();
    },
  };
}
