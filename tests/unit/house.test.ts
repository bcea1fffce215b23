// The house in order: rooms of a size that can be overlooked, and pages whose links lead somewhere.
import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROOMS = ["coordinator", "worker", "shared", "deploy"];
/** Loose files of a folder, at most. */
const MOST_FILES = 14;

/** Files of the sources, by folder. */
function sourceFolders(): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, string[]>();
  for (const room of ROOMS)
    for (const path of readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" }))
      if (/\.tsx?$/.test(path)) {
        const folder = dirname(join(room, path));
        folders.set(folder, [...(folders.get(folder) ?? []), path]);
      }
  return folders;
}

test("no folder of sources has more than 14 loose files", () => {
  const full = [...sourceFolders()].filter(([, files]) => files.length > MOST_FILES);
  expect(full.map(([folder, { length }]) => `${folder}: ${length}`)).toEqual([]);
});

test("every source file begins with what it is for", () => {
  const silent = [...sourceFolders().keys()].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.tsx?$/.test(name))
      .filter((name) => {
        const [first, second] = readFileSync(join(ROOT, folder, name), "utf8").split("\n");
        return !(first.startsWith("#!") ? second : first).startsWith("// ");
      })
      .map((name) => join(folder, name)),
  );
  expect(silent).toEqual([]);
});

describe("every link leads to a file that is there", () => {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const pages = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "CHANGELOG.md", "deploy/README.md"];
  test.each([...pages, ...docs.map((name) => `docs/${name}`)])("of %s", (page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) => link);
    if (page === "ARCHITECTURE.md") expect(links.length).toBeGreaterThan(50); // it is a map
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});

test("ARCHITECTURE.md names every room", () => {
  const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const rooms = ROOMS.flatMap((room) =>
    room === "coordinator"
      ? readdirSync(join(ROOT, room))
          .filter((name) => statSync(join(ROOT, room, name)).isDirectory())
          .map((name) => `${room}/${name}/`)
      : [`${room}/`],
  );
  expect(rooms.filter((room) => !text.includes(room))).toEqual([]);
});

test("CONTRIBUTING.md names every test script, and no other", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name);
  const tests = Object.keys(scripts).filter((name) => name.startsWith("test:"));
  expect(tests.filter((name) => !named.includes(name))).toEqual([]);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

describe("lint refuses an import against the arrows", () => {
  const FORBIDDEN = [
    ["shared/x.ts", "../coordinator/main.ts"],
    ["coordinator/x.ts", "../worker/main.ts"],
    ["coordinator/x.ts", "@tensorflow/tfjs-core"],
    ["coordinator/compiler/x.ts", "../leases/leases.ts"],
    ["coordinator/members/x.ts", "../leases/leases.ts"],
    ["coordinator/update/x.ts", "../members/members.ts"],
    ["coordinator/guard/x.ts", "../leases/leases.ts"],
    ["coordinator/records/x.ts", "../members/members.ts"],
    ["coordinator/dashboard/x.ts", "../members/members.ts"],
    ["coordinator/dashboard/x.ts", "./page/app.tsx"],
    ["coordinator/dashboard/page/x.ts", "node:fs"],
    ["coordinator/dashboard/page/live/x.ts", "../../../records/records.ts"],
    ["worker/x.ts", "../coordinator/compiler/compile-run.ts"],
    ["worker/x.ts", "@tensorflow/tfjs-layers"],
    ["shared/x.ts", "@tensorflow/tfjs-layers"],
    ["shared/transport/websocket/x.ts", "../nats/join.ts"],
    ["shared/transport/nats/x.ts", "../websocket/server.ts"],
  ] as const;

  test.each(FORBIDDEN)("from %s: %s", async (file, specifier) => {
    expect(await lint({ [file]: `import "${specifier}";\n` })).toContain("restricted from being used");
  });

  test("and a circle, of types too", async () => {
    const a = 'import type { B } from "./b.ts";\nexport type A = B | null;\n';
    const b = 'import type { A } from "./a.ts";\nexport type B = A | null;\n';
    expect(await lint({ "shared/a.ts": a, "shared/b.ts": b })).toContain("Dependency cycle");
    expect(await lint({ "shared/a.ts": a, "shared/b.ts": "export type B = string;\n" })).toBe("");
  });
});

/** What lint says of these files with the repository's own rules; empty where it is content. */
async function lint(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await copyFile(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const { stdout } = await promisify(execFile)(join(ROOT, "node_modules/.bin/oxlint"), ["--deny-warnings"], {
    cwd: folder,
  }).catch((error: unknown) => error as { readonly stdout: string });
  return /Found 0 warnings and 0 errors/.test(stdout) ? "" : stdout;
}
