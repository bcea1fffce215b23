// Downloads of named data sets: mirrors, broken transfers, hashes, proxies, no network.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CATALOG, type NamedDataset, findNamed } from "../../../../../shared/data/downloads/catalog.ts";
import { downloads } from "../../../../../shared/data/downloads/downloads.ts";
import { provideFiles } from "../../../../../shared/data/downloads/provide.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { type Answer, localProxy, localServer, serving } from "../../../../support/file-server.ts";

/** No port of this machine that anything listens on. */
const NOWHERE = "http://127.0.0.1:9/";

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
const SMALL = Buffer.from("labels");

/** `a.bin` and `b.bin`, served by these. */
function datasetAt(...mirrors: readonly string[]): NamedDataset {
  const files = Object.entries({ "a.bin": CONTENT, "b.bin": SMALL }).map(([name, content]) => ({
    name,
    sizeBytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
  return { name: "tiny", kind: "idx", files, mirrors, classNames: null };
}

const whole = serving({ "a.bin": CONTENT, "b.bin": SMALL });

/** Says that all of the file follows, sends 2,000 bytes of it, and breaks off when `cut` is called. */
function breaking(): { readonly answer: Answer; cut(): void } {
  let cut = (): void => undefined;
  return {
    answer(asked, response) {
      const from = Number(/^bytes=(\d+)-$/.exec(asked.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(206, {
        "content-length": CONTENT.length - from,
        "content-range": `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`,
      });
      response.write(CONTENT.subarray(from, from + 2000));
      cut = () => response.destroy();
    },
    cut: () => cut(),
  };
}

async function provide(
  dataset: NamedDataset,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string[]> {
  const progress: string[] = [];
  const found = await provideFiles(dataset, {
    folder,
    environment,
    onProgress(doing, done, total) {
      progress.push(`${doing} ${done} ${total}`);
      onBytes(done);
    },
  });
  expect(found).toBe(join(folder, "downloads", "tiny"));
  expect((await readdir(found)).sort()).toEqual(["a.bin", "b.bin"]); // and no part beside them
  expect((await readFile(join(found, "a.bin"))).equals(CONTENT)).toBe(true);
  return progress;
}

test("files are downloaded once, with progress in bytes over all of them", async () => {
  const [server, folder] = [await localServer(whole), await temporaryFolder()];
  const progress = await provide(datasetAt(server.url), folder);
  expect(progress[0]).toBe("downloading tiny, bytes 0 5006");
  expect(progress.at(-1)).toBe("downloading tiny, bytes 5006 5006");
  expect(await provide(datasetAt(server.url), folder)).toEqual([]);
  expect(server.asked).toEqual(["GET /a.bin", "GET /b.bin"]);
});

test("a transfer that broke goes on where it was, in the same start and in the next", async () => {
  let requests = 0;
  const broken = breaking();
  const server = await localServer((asked, response) =>
    requests++ < 2 ? broken.answer(asked, response) : whole(asked, response),
  );
  const folder = await temporaryFolder();
  await mkdir(join(folder, "downloads", "tiny"), { recursive: true });
  await writeFile(join(folder, "downloads", "tiny", "a.bin.partial"), CONTENT.subarray(0, 500));
  await provide(datasetAt(server.url), folder, {}, (bytes) => {
    if (bytes === 2500 || bytes === 4500) broken.cut(); // when they are here
  });
  expect(server.asked).toEqual([
    "GET /a.bin bytes=500-",
    "GET /a.bin bytes=2500-",
    "GET /a.bin bytes=4500-",
    "GET /b.bin",
  ]);
});

test("a server that sends no parts begins again", async () => {
  const server = await localServer((asked, response) => {
    delete asked.headers.range;
    whole(asked, response);
  });
  const folder = await temporaryFolder();
  await mkdir(join(folder, "downloads", "tiny"), { recursive: true });
  await writeFile(join(folder, "downloads", "tiny", "a.bin.partial"), "something else");
  await provide(datasetAt(server.url), folder);
});

test("a beginning that is another file's is dropped, and the file asked for from its beginning", async () => {
  const [server, folder] = [await localServer(whole), await temporaryFolder()];
  await mkdir(join(folder, "downloads", "tiny"), { recursive: true });
  await writeFile(join(folder, "downloads", "tiny", "a.bin.partial"), "something else");
  await provide(datasetAt(server.url), folder);
  expect(server.asked.slice(0, 2)).toEqual(["GET /a.bin bytes=14-", "GET /a.bin"]);
});

test.for<[string, Answer]>([
  ["is missing", serving({})],
  ["fails", (_asked, response) => void response.writeHead(503).end()],
  ["is another file of that size", serving({ "a.bin": Buffer.alloc(5000), "b.bin": Buffer.from("LABELS") })],
  ["is a page", (_asked, response) => void response.end("<html>log in</html>")],
  ["is longer", (_asked, response) => void response.end(Buffer.concat([CONTENT, CONTENT]))],
  ["never comes", (_asked, response) => void response.destroy()],
])("where it %s, the second mirror is asked", async ([, answer]) => {
  const [first, second] = [await localServer(answer), await localServer(whole)];
  await provide(datasetAt(first.url, second.url), await temporaryFolder());
  expect(first.asked.length).toBeGreaterThan(0);
});

test("a file as it lies on the server is kept, though the server calls it compressed", async () => {
  const server = await localServer((asked, response) => {
    response.setHeader("content-encoding", "gzip"); // as some servers say of every .gz
    whole(asked, response);
  });
  await provide(datasetAt(server.url), await temporaryFolder());
});

test("without network one sentence says which files to put where", async () => {
  const [folder, missing] = [await temporaryFolder(), await localServer(serving({ "a.bin": SMALL }))];
  const host = new URL(missing.url).host;
  await expect(provide(datasetAt(NOWHERE, missing.url), folder)).rejects.toMatchObject({
    code: "DATA",
    message: `tiny cannot be downloaded (127.0.0.1:9: connect ECONNREFUSED 127.0.0.1:9; ${host}: it offers 6 bytes where 5000 were expected): name a proxy in HTTPS_PROXY, or download a.bin and b.bin elsewhere and put them into ${join(folder, "downloads", "tiny")}`,
  });
  const put = join(folder, "downloads", "tiny");
  await writeFile(join(put, "a.bin"), CONTENT);
  await writeFile(join(put, "b.bin"), SMALL);
  await provide(datasetAt(NOWHERE), folder); // put there by hand
});

test("a wrong hash is told, and nothing is left that could be taken for the file", async () => {
  const [server, folder] = [
    await localServer(serving({ "a.bin": Buffer.alloc(5000) })),
    await temporaryFolder(),
  ];
  await expect(provide(datasetAt(server.url), folder)).rejects.toThrow(
    /it has other bytes than the data set's \(SHA-256\)/,
  );
  expect(await readdir(join(folder, "downloads", "tiny"))).toEqual([]);
});

test("a proxy is asked for the files", async () => {
  const [server, proxy] = [await localServer(whole), await localProxy()];
  await provide(datasetAt(server.url), await temporaryFolder(), { HTTP_PROXY: proxy.url });
  expect(proxy.asked).toEqual([`GET ${server.url}a.bin`, `GET ${server.url}b.bin`]);
});

test("GANGLION_MIRROR names a mirror that comes first, with a folder for each data set", async () => {
  const server = await localServer(whole);
  await provide(datasetAt(NOWHERE), await temporaryFolder(), { GANGLION_MIRROR: `${server.url}data` });
  expect(server.asked).toEqual(["GET /data/tiny/a.bin", "GET /data/tiny/b.bin"]);
  await expect(
    provide(datasetAt(NOWHERE), await temporaryFolder(), { GANGLION_MIRROR: "mirror" }),
  ).rejects.toThrow(/^GANGLION_MIRROR is mirror, which is no address: give one such as/);
});

test("a cache that cannot be written is named, and no mirror is blamed", async () => {
  const [server, folder] = [await localServer(whole), await temporaryFolder()];
  await writeFile(join(folder, "downloads"), "a file where the folder would be");
  await expect(provide(datasetAt(server.url), folder)).rejects.toThrow(
    /downloads\/tiny cannot be written \(.*\): name a folder with room in GANGLION_CACHE/,
  );
  expect(server.asked).toEqual([]);
  await expect(provideFiles(datasetAt(server.url), { folder: null })).rejects.toThrow(
    /no home folder to download tiny to: name a folder in GANGLION_CACHE/,
  );
});

test("a data set is named as people write it, unless a path of that name is there", async () => {
  expect(
    ["MNIST", "fashion_mnist", "FashionMNIST", "cifar-10", "mnits"].map((name) => findNamed(name)?.name),
  ).toEqual(["mnist", "fashion-mnist", "fashion-mnist", "cifar10", undefined]);
  expect(await downloads.recognizes("kmnist")).toBe(true);
  expect(await downloads.recognizes(join(await temporaryFolder(), "kmnist"))).toBe(false);
});

test("every data set has two mirrors at least, and a size and a hash for each file", () => {
  for (const { mirrors, files } of CATALOG) {
    expect(new Set(mirrors.map((mirror) => new URL(mirror).host)).size).toBeGreaterThan(1);
    expect(mirrors.every((mirror) => mirror.endsWith("/"))).toBe(true);
    expect(files.every(({ sha256, sizeBytes }) => /^[0-9a-f]{64}$/.test(sha256) && sizeBytes > 0)).toBe(true);
  }
});
