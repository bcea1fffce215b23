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

/** Every node, in place of its two tokens. */
export const ANY_NODE = "*.*";

/** `run` is a name as `subjectToken` makes it, `node` two tokens as `nodeTokens` makes them, or `ANY_NODE`. */
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

/** What a server without users calls everyone. No user's token: its `=` stands before no number. */
const NOBODY = "=";

/** A node's two tokens: the server's user that it is, who may be several nodes, and the node's name. */
export function nodeTokens(user: string | null, node: string): string {
  return `${user === null ? NOBODY : subjectToken(user)}.${subjectToken(node)}`;
}

/**
 * The name of a node, from its two tokens; null when they are none, or the name is not its user's: `gpu-1` may call
 * nodes `gpu-1` and `gpu-1/…`, and nobody else may.
 */
export function nodeOfTokens(user: string, node: string): string | null {
  const name = nameOfToken(node);
  if (name === null || user === NOBODY) return name;
  const owner = nameOfToken(user);
  if (owner === null || owner.includes("/")) return null; // else gpu-1/a would be a user's name, and a node's of gpu-1
  return nameWithin(owner, name) === name ? name : null;
}

/** What a user's node is called that wants this name: the user's own, or within it. */
export function nameWithin(user: string, name: string = user): string {
  return name === user || name.startsWith(`${user}/`) ? name : `${user}/${name}`;
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
