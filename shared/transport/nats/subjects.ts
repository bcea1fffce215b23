// The subjects of a run at a NATS server. deploy/nats.conf gives each user its own, by these names.

export interface RunSubjects {
  /** Nodes ask here to join: a request with their part of the session's id. */
  join(node: string): string;
  /** A node's packets to the coordinator. */
  up(node: string, session: string): string;
  /** The coordinator's packets to one node. */
  down(node: string, session: string): string;
  /** The coordinator's packets to all nodes: weights. */
  readonly all: string;
  /** A coordinator that serves the run answers here. */
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

/** The user's token at a server without users. It cannot be a user's: no number follows its `=`. */
const NOBODY = "=";

/** A node's two tokens: its user at the server, who may have several nodes, and the node's name. */
export function nodeTokens(user: string | null, node: string): string {
  return `${user === null ? NOBODY : subjectToken(user)}.${subjectToken(node)}`;
}

/**
 * The name of a node, from its two tokens; null if they are malformed, or the name is not its user's: `gpu-1`, and only
 * `gpu-1`, may have nodes named `gpu-1` and `gpu-1/…`.
 */
export function nodeOfTokens(user: string, node: string): string | null {
  const name = nameOfToken(node);
  if (name === null || user === NOBODY) return name;
  const owner = nameOfToken(user);
  if (owner === null || owner.includes("/")) return null; // else gpu-1/a could be a user, and a node of gpu-1
  return nameWithin(owner, name) === name ? name : null;
}

/** The name of a user's node that asks for `name`: the user's own name, or one within it. */
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

/** The name that a token stands for; null if it is malformed. */
export function nameOfToken(token: string): string | null {
  if (!/^(?:[A-Za-z0-9_-]|=[0-9A-F]{2}){1,600}$/.test(token)) return null;
  const bytes = token.replaceAll(
    /=([0-9A-F]{2})|(.)/g,
    (_, hex: string | undefined, letter: string) => hex ?? letter.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  return Buffer.from(bytes, "hex").toString("utf8");
}
