// A named data set from its mirror to its images.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { NamedDataset } from "../../../../../shared/data/downloads/catalog.ts";
import { openDownload } from "../../../../../shared/data/downloads/open.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { localServer, serving } from "../../../../support/file-server.ts";
import { idx } from "../../../../support/idx-folder.ts";
import { loadSource, pixelsOf } from "../../../../support/load-source.ts";

test("what was downloaded is read by its own format, with the names of its classes", async () => {
  const files = {
    "train-images-idx3-ubyte.gz": gzipSync(idx([2, 1, 3], [1, 2, 3, 4, 5, 6])),
    "train-labels-idx1-ubyte.gz": gzipSync(idx([2], [1, 0])),
  };
  const server = await localServer(serving(files));
  const dataset: NamedDataset = {
    name: "tiny",
    kind: "idx",
    mirrors: [server.url],
    files: Object.entries(files).map(([name, content]) => ({
      name,
      sizeBytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
    classNames: ["shirt", "shoe"],
  };
  const source = await openDownload(dataset, "train", { folder: await temporaryFolder(), environment: {} });
  expect(source.classNames).toEqual(["shirt", "shoe"]);
  expect(source.labels).toEqual(Uint8Array.of(1, 0));
  expect([...pixelsOf(await loadSource(source, "tiny"))]).toEqual([1, 2, 3, 4, 5, 6]);
});
