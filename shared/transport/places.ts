// How many may be connected to a coordinator at once: nodes, and strangers that have not said hello yet.

/** A stranger costs some kilobytes, and has a few seconds: more that start at once come in one after the other. */
const MAX_STRANGERS = 256;

export interface PlacesOptions {
  /** Strangers included. */
  readonly maxConnections: number;
  /** What more nodes than that can do, as the end of a sentence. */
  readonly remedy: string;
}

/** Why there is no place, with the reason to count it under. */
export interface NoPlace {
  readonly fault: "full" | "busy";
  readonly sentence: string;
}

export interface Place {
  /** It is a node of the run. */
  readonly admitted: () => void;
  /** May be called more than once. */
  readonly leave: () => void;
}

export class Places {
  readonly #options: PlacesOptions;
  readonly #strangers = new Set<Place>();
  readonly #all = new Set<Place>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#all.size;
  }

  /** Null where there is a place. */
  lacking(): NoPlace | null {
    const { maxConnections, remedy } = this.#options;
    if (this.#all.size >= maxConnections)
      return {
        fault: "full",
        sentence: `The coordinator has ${maxConnections} connections, as many as it takes: ${remedy}.`,
      };
    if (this.#strangers.size >= MAX_STRANGERS)
      return {
        fault: "busy",
        sentence: `${MAX_STRANGERS} nodes are joining already, and have not said hello yet: try again in a moment.`,
      };
    return null;
  }

  /** Of a stranger. */
  take(): Place {
    const place: Place = {
      admitted: () => void this.#strangers.delete(place),
      leave: () => {
        this.#strangers.delete(place);
        this.#all.delete(place);
      },
    };
    this.#strangers.add(place);
    this.#all.add(place);
    return place;
  }
}
