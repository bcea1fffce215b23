// Addresses on the command line: HOST:PORT, with a host of IPv6 in brackets.
import { InvalidArgumentError } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { wholeNumber } from "./parsers.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface DashboardAddress extends Address {
  /** If the port is taken, use any free one. */
  readonly orFree?: boolean;
}

/** @throws GanglionError USAGE naming the flag and the text */
export function parseAddress(flag: string, text: string): Address {
  const address = addressOf(text);
  if (address) return address;
  throw new GanglionError(
    "USAGE",
    `${flag} ${text} is no address: write HOST:PORT, for example 127.0.0.1:8701`,
  );
}

/** A parser for commander of where a dashboard listens: a port on this machine's own 127.0.0.1, an address, or `off`. */
export function addressOrOff(text: string): Address | "off" {
  if (text === "off") return "off";
  if (!text.includes(":")) return { host: "127.0.0.1", port: wholeNumber(0, 65_535)(text) };
  const address = addressOf(text);
  if (address) return address;
  throw new InvalidArgumentError("Give PORT, HOST:PORT or off, for example 8700 or 0.0.0.0:8700.");
}

/** Null where `text` is none. */
export function addressOf(text: string): Address | null {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  const host = match?.groups?.["six"] ?? match?.groups?.["name"];
  return host === undefined || port > 65_535 ? null : { host, port };
}
