import { expect, test } from "vitest";
import { nearest } from "../../../../shared/config/nearest.ts";
import { synonymOf } from "../../../../shared/config/synonyms.ts";

test.each([
  ["--lr", "--learning-rate"],
  ["--batch_size", "--batch"],
  ["--num-workers", "--workers"],
  ["--epoch", "--epochs"],
  ["--banana", undefined],
])("%s is called %s here", (word, expected) => {
  const flags = ["--l2", "--batch", "--workers", "--epochs", "--learning-rate"];
  expect(synonymOf(word, flags)).toBe(expected);
});

test("of two things that others call the same, the one that there is is meant", () => {
  expect(synonymOf("gpu", ["device", "nodes", "gpus"])).toBe("gpus");
  expect(synonymOf("gpu", ["device", "nodes"])).toBe("device");
});

test("another program's name goes before one that is spelled alike", () => {
  expect(nearest("batchsize", ["latentSize", "batch"])).toBe("batch"); // four edits each
  expect(nearest("lr", ["l2", "learningRate"])).toBe("learningRate"); // one edit against ten
});
