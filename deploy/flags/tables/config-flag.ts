// A flag that sets a field of the config: its row says which, and what it may do beside --resume.
import type { RunConfig } from "../../../shared/config/config.ts";
import type { Flag } from "../flag.ts";

/** Dotted paths to the fields of an object, of every variant where it is a union. */
type PathIn<T> = T extends object
  ? { [Name in keyof T & string]: Name | `${Name}.${PathIn<T[Name]>}` }[keyof T & string]
  : never;

export interface ConfigFlag extends Flag {
  /** The field that the flag sets; only `--config`, which sets any, has none. */
  readonly path?: PathIn<RunConfig>;
  /** The `kind` that the field's object has to be of, and becomes. */
  readonly kind?: string;
  /** The value as a config keeps it; by default as it is given. */
  readonly keep?: (given: string) => string;
  /**
   * What the flag may do beside --resume. `changes`: it may have another value. `moves`: it may name another place, whose
   * content is compared. By default it may only repeat the run's own value.
   */
  readonly onResume?: "changes" | "moves";
}
