// What a program computes, as one hash: equal in every process that traces the same networks.
import { decodeProgram, encodeProgram, programHash } from "./program.ts";

/**
 * SHA-256, hex, of an encoded program without the names of the layers its calls come from: layers that the user did not
 * name are numbered through a process, whatever else it has built, and the names decide nothing.
 */
export function programFingerprint(encoded: Uint8Array): string {
  const program = decodeProgram(encoded);
  const calls = program.calls.map((call) => ({ ...call, origin: "" }));
  return programHash(encodeProgram({ ...program, calls }));
}
