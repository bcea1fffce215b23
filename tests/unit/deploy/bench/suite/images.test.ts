// The images that the suite trains on.
import { expect, test } from "vitest";
import { writeImages } from "../../../../../deploy/bench/suite/images.ts";
import { AS_THEY_ARE } from "../../../../../shared/data/image-options.ts";
import { summarizeDataset } from "../../../../../shared/data/load.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

test("are read as a data set of that size, with as many classes and a few images to test by", async () => {
  const folder = await temporaryFolder();
  await writeImages(folder, 20, [8, 6, 4], 10);
  const { summary } = await summarizeDataset(folder, "train", { images: AS_THEY_ARE, folder: null });
  expect(summary).toMatchObject({ count: 20, imageShape: [8, 6, 4], classes: 10 });
  const tests = await summarizeDataset(folder, "test", { images: AS_THEY_ARE, folder: null });
  expect(tests.summary).toMatchObject({ count: 64, imageShape: [8, 6, 4], classes: 10 });
});
