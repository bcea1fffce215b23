// The watch for zeros: whom it names, after how many rounds, and when it says nothing.
import { expect, test } from "vitest";
import { ZeroGradientDetector } from "../../../../coordinator/guard/zero-gradient-detector.ts";

/** A round by what nodes a, b, c … contributed: 0 for zeros alone, 1 for anything else; "01" for one of each. */
type Round = readonly string[];

const NODES = ["a", "b", "c", "d"].map((id) => ({ id }));

/** The numbers of the rounds, from 1, that ended with a warning, and the warnings. */
function watch(rounds: readonly Round[], { watching = new ZeroGradientDetector(), phase = "D" } = {}) {
  return rounds.flatMap((round, i) => {
    round.forEach((given, node) => {
      for (const one of given) watching.take(NODES[node], one === "0" ? "zero" : "finite");
    });
    return watching.endRound(phase).map(({ message }) => ({ round: i + 1, message }));
  });
}

function times(count: number, round: Round): Round[] {
  return Array.from({ length: count }, () => round);
}

test("a node that answers thirty rounds with zeros alone is named once, with the phase and what to do", () => {
  expect(watch(times(100, ["1", "00", "1"]))).toEqual([
    {
      round: 30,
      message:
        "node b has answered 30 rounds of phase D in a row with nothing but zeros, while others did not: its memory or GPU may be broken; stop the node, and try its machine with ganglion doctor",
    },
  ]);
});

test("every such node is named, as long as half of the others answer with something", () => {
  const heard = watch(times(40, ["0", "0", "1", "1"]));
  expect(heard.map(({ message }) => message.split(" ", 2)[1])).toEqual(["a", "b"]);
});

test("one other answer is enough to begin anew, of this node in this phase, and so is another session", () => {
  expect(watch([...times(29, ["0", "1"]), ["1", "1"], ...times(29, ["0", "1"])])).toEqual([]);
  expect(watch([...times(29, ["00", "1"]), ["01", "1"], ["10", "1"], ...times(29, ["0", "1"])])).toEqual([]);
  const watching = new ZeroGradientDetector();
  watch(times(29, ["0", "1"]), { watching });
  expect(watch(times(29, ["0", "1"]), { watching, phase: "G" })).toEqual([]);
  watching.take({ id: "a" }, "zero");
  watching.take(NODES[1], "finite");
  expect(watching.endRound("D")).toEqual([]);
  expect(watch([["0", "1"]], { watching })).toHaveLength(1); // a's first session, its thirtieth in phase D
});

test("zeros of all, of most, or of the only node are the loss's, not a node's", () => {
  for (const round of [["0", "0", "0"], ["0"], ["0", "0", "0", "1"]] as Round[])
    expect(watch(times(100, round)), round.join(" ")).toEqual([]);
});

test("rounds that say nothing neither count nor begin anew", () => {
  const rounds = [...times(29, ["0", "1"]), ...times(50, ["0", "0"]), ...times(1, ["0", "1"])];
  expect(watch(rounds).map(({ round }) => round)).toEqual([80]);
});
