// A command's flags as a table: one row says how a flag is written, read, explained and left out.
import { type Command, Option } from "commander";

/** The row of one flag; its key in the table is the flag's name: `warmUp` is `--warm-up`. */
export interface Flag<Value = unknown> {
  /**
   * What is written behind the flag, such as `<n>`. Without it, the flag is given or not: true or undefined. `<n...>` may be
   * several, and the flag given several times: its value is the list of them.
   */
  readonly argument?: string;
  readonly help: string;
  /** Throws InvalidArgumentError with what to give instead. Without it, the value is the text. */
  readonly parse?: (text: string) => Value;
  /** The value where the flag is left out. */
  readonly usual?: Value;
  /** How the help shows `usual`, where that is not the value itself. */
  readonly usualText?: string;
  /** An environment variable that has the value where the flag is left out. */
  readonly variable?: string;
  /** Another flag of the command that cannot be given beside this one. */
  readonly conflicts?: string;
}

type ValueOf<Row> = Row extends { readonly argument: `${string}...>` } ? readonly OneOf<Row>[] : OneOf<Row>;

type OneOf<Row> = Row extends { readonly parse: (text: string) => infer Value }
  ? Value
  : Row extends { readonly argument: string }
    ? string
    : boolean;

type WithUsual<Table> = {
  [Name in keyof Table]: Table[Name] extends { readonly usual: unknown } ? Name : never;
}[keyof Table];

/** What commander makes of a table's flags. */
export type FlagValues<Table> = {
  readonly [Name in WithUsual<Table>]: ValueOf<Table[Name]>;
} & { readonly [Name in Exclude<keyof Table, WithUsual<Table>>]?: ValueOf<Table[Name]> };

/** Adds the table's flags, in its order. */
export function addFlags(command: Command, table: Readonly<Record<string, Flag>>): Command {
  for (const [name, flag] of Object.entries(table)) {
    const option = new Option(writtenFlag(name, flag), flag.help);
    const { parse } = flag;
    if (option.variadic)
      option.argParser((text: string, before: readonly unknown[] | undefined) => [
        ...(before ?? []),
        parse ? parse(text) : text,
      ]);
    else if (parse) option.argParser(parse);
    if (flag.usual !== undefined) option.default(flag.usual, flag.usualText);
    const value = flag.variable && process.env[flag.variable];
    if (value !== undefined) option.default(value, `$${flag.variable}`); // the help shows no secret
    if (flag.conflicts !== undefined) option.conflicts(flag.conflicts);
    command.addOption(option);
  }
  return command;
}

/** `--warm-up <steps>` */
export function writtenFlag(name: string, { argument }: Pick<Flag, "argument">): string {
  return argument === undefined ? longFlag(name) : `${longFlag(name)} ${argument}`;
}

/** `learningRate` and `learning-rate` are both `--learning-rate`. */
export function longFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
