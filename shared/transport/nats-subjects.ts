// The subjects of a run on a NATS server. deploy/nats.conf allows each user its own, by these names.

export interface RunSubjects {
  /** Nodes ask here to take part: a request with the session's number. */
  join(node: string): string;
  /** A node's packets to the coordinator. */
  up(node: string, session: string): string;
  /** The coordinator's packets to one node. */
  down(node: string, session: string): string;
  /** The coordinator's packets to all nodes: weights. */
  readonly all: string;
  /** Whether a coordinator serves the run, and which. */
  readonly who: string;
}

/** `run` and `node` are names as `subjectToken` makes them, or `*`. */
export function runSubjects(run: string): RunSubjects {
  const root = `ganglion.${run}`;
  return {
    join: (node) => `${root}.join.${node}`,
    up: (node, session) => `${root}.up.${node}.${session}`,
    down: (node, session) => `${root}.down.${node}.${session}`,
    all: `${root}.all`,
    who: `${root}.who`,
  };
}

/** A name as one token of a subject: letters, digits, `-` and `_` stay, other bytes become `=XX`. */
export function subjectToken(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[A-Za-z0-9_-]/.test(letter) ? letter : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** The name that a token stands for, or null when it is none. */
export function nameOfToken(token: string): string | null {
  if (!/^(?:[A-Za-z0-9_-]|=[0-9A-F]{2}){1,600}$/.test(token)) return null;
  const bytes = token.replaceAll(
    /=([0-9A-F]{2})|(.)/g,
    (_, hex: string | undefined, letter: string) => hex ?? letter.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  return Buffer.from(bytes, "hex").toString("utf8");
}
