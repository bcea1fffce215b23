// What of jsfive is used here; the package declares no types.
declare module "jsfive" {
  export class Group {
    readonly keys: readonly string[];
    readonly attrs: Readonly<Record<string, unknown>>;
    get(path: string): Group | Dataset | null;
  }
  export class File extends Group {
    constructor(bytes: ArrayBuffer, name: string);
  }
  export class Dataset {
    readonly shape: readonly number[];
    /** As NumPy writes it: `<f4`. */
    readonly dtype: unknown;
    /** A scalar's number, or all values in a row. */
    readonly value: unknown;
  }
}
