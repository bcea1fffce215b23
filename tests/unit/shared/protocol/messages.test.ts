// What a message may say of a node, as people will read it.
import { expect, test } from "vitest";
import { PROTOCOL_VERSION, isNodeName, parseMessage } from "../../../../shared/protocol/messages.ts";

const HELLO = {
  type: "hello",
  protocol: PROTOCOL_VERSION,
  node: "gpu-1/größe 数",
  threads: 1,
  engine: "graph",
  device: "cpu",
  arithmetic: "x64",
};

test("a node's name, engine, device and arithmetic have no control or format characters", () => {
  expect(parseMessage(HELLO)).toMatchObject({ ok: true });
  for (const character of [
    "\u001B",
    "\n",
    "\u009B",
    "\u202E",
    "\u2066",
    "\u200B",
    "\u2028",
    "\u2029",
    "\uFEFF",
  ]) {
    const bad = `gpu${character}1`;
    expect(isNodeName(bad)).toBe(false);
    for (const field of ["node", "engine", "device", "arithmetic"]) {
      const reason = `${field}: no control or format characters`;
      expect(parseMessage({ ...HELLO, [field]: bad })).toEqual({ ok: false, reason, path: [field] });
    }
  }
});
