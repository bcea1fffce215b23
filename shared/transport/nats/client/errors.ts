// What the errors of the `nats` library mean to the user.
import { ErrorCode, NatsError } from "nats";
import { GanglionError, messageOf } from "../../../errors.ts";
import { distrust } from "../../tls/certificates.ts";

/** Whom the error is about. */
export interface Login {
  /** Of the server, without credentials. */
  readonly address: string;
  /** Null where the server was given a token alone, or nothing. */
  readonly user: string | null;
}

/** The library's codes as our codes and sentences. A GanglionError stays as it is. */
export function translateNatsError(error: unknown, { address, user }: Login): GanglionError {
  if (error instanceof GanglionError) return error;
  const distrusted = distrust(error, address);
  if (distrusted) return distrusted;
  const server = `the NATS server at ${address}`;
  const cause = { cause: error };
  switch (error instanceof NatsError ? error.code : null) {
    case ErrorCode.AuthorizationViolation:
      return new GanglionError(
        "AUTH",
        user === null
          ? `${server} refuses these credentials: use its token, or a user name in the address (nats://USER@HOST) with the password as token`
          : `${server} refuses the user ${user}: there is no such user, or this token is not its password; compare the users in the server's configuration (deploy/nats.conf is an example)`,
        cause,
      );
    case ErrorCode.PermissionsViolation:
      return new GanglionError(
        "AUTH",
        `${server} does not allow ${user === null ? "a client without a user name" : `the user ${user}`} to do this: ${messageOf(error)}; give the user the permissions that deploy/nats.conf gives to its role, with its own name in every place`,
        cause,
      );
    case ErrorCode.ConnectionRefused:
      return new GanglionError(
        "TRANSPORT",
        `cannot reach a NATS server at ${address}: start one (nats-server -js), or correct the address`,
        cause,
      );
    case ErrorCode.ServerOptionNotAvailable:
      return new GanglionError(
        "USAGE",
        `${server} does not speak TLS: give it a certificate (see deploy/nats.conf), or leave out --tls-ca and tls://`,
        cause,
      );
    default:
      return new GanglionError("TRANSPORT", `${server}: ${messageOf(error)}`, cause);
  }
}

/** The server did not answer in time. */
export function isTimeout(error: unknown): boolean {
  return error instanceof NatsError && TIMED_OUT.has(error.code);
}

const TIMED_OUT: ReadonlySet<string> = new Set([ErrorCode.Timeout]);
