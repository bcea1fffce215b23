// The runs of a folder under /runs/<run>/, each from its files, and the list of them.
import { basename, join, resolve } from "node:path";
import type { Reply } from "../../coordinator/dashboard/api/reply.ts";
import type { RunsAnswer } from "../../coordinator/dashboard/api/schemas.ts";
import { schemaDocument } from "../../coordinator/dashboard/api/schema-document.ts";
import type { RunContent } from "../../coordinator/dashboard/run-content.ts";
import type { Place, Site } from "../../coordinator/dashboard/site.ts";
import { listRunFolders } from "../../coordinator/records/run-folder.ts";
import { type RunPaths, runPaths } from "../../coordinator/records/run-paths.ts";
import { messageOf } from "../../shared/errors.ts";
import { isRegularFile } from "../../shared/regular-file.ts";
import { differing, peculiarities } from "../runs/differences.ts";
import { type RunSummary, summarize } from "../runs/summary.ts";
import { FollowedRun } from "./followed-run.ts";
import { listPage } from "./list-page.ts";

/** So many are followed at a time; beyond that the one that nobody has asked for the longest is let go of. */
const MOST_OPEN = 16;
/** Of a folder's newest runs. */
const MOST_LISTED = 1000;
const AT_ONCE = 16;
/** A list is as good as new for so long. */
const LIST_MS = 1000;

export class RunsSite implements Site {
  readonly only = null;
  readonly #folder: string;
  /** By name, the least recently asked for first. */
  readonly #open = new Map<string, Promise<FollowedRun>>();
  readonly #contents = new Map<string, RunContent>();
  #list: { readonly at: number; readonly answer: Promise<RunsAnswer> } | null = null;

  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  get open(): Iterable<RunContent> {
    return this.#contents.values();
  }

  async find(path: string): Promise<Place | null> {
    const [, written, rest] = /^\/runs\/([^/]+)(\/.*)$/.exec(path) ?? [];
    if (written === undefined) return null;
    const name = decoded(written);
    if (name === null || name !== basename(name) || /^\.{1,2}$|[\\\0]/.test(name)) return null;
    const paths = runPaths(join(this.#folder, name));
    if (!(await isRegularFile(paths.configFile))) return null;
    const { content } = await this.#followed(name, paths);
    return { run: content, base: `/runs/${written}`, path: rest };
  }

  async reply(path: string, query: URLSearchParams): Promise<Reply | null> {
    switch (path) {
      case "/":
        return { kind: "page", ...listPage(await this.#answer()) };
      case "/api/runs":
        if ([...query.keys()].some((name) => name !== "token"))
          return {
            kind: "refusal",
            status: 400,
            reason: "parameter",
            message: "/api/runs takes no parameters: leave out what follows the ?",
          };
        return { kind: "json", value: await this.#answer() };
      case "/api":
      case "/api/schema":
        return { kind: "json", value: schemaDocument() };
      default:
        return (await this.#isRun(path)) ? { kind: "redirect", location: `${path}/` } : null;
    }
  }

  /** A run's path without its slash. */
  async #isRun(path: string): Promise<boolean> {
    return /^\/runs\/[^/]+$/.test(path) && (await this.find(`${path}/`)) !== null;
  }

  async close(): Promise<void> {
    const runs = [...this.#open.values()];
    this.#open.clear();
    this.#contents.clear();
    await Promise.all(runs.map(async (run) => (await run).close()));
  }

  async #followed(name: string, paths: RunPaths): Promise<FollowedRun> {
    const run = this.#open.get(name) ?? FollowedRun.open(paths, urlOf(name).slice(0, -1));
    this.#open.delete(name);
    this.#open.set(name, run);
    const { content } = await run;
    if (this.#open.has(name)) this.#contents.set(name, content);
    await this.#closeOthers(name);
    return run;
  }

  /** Those to which somebody listens stay. */
  async #closeOthers(name: string): Promise<void> {
    for (const [other, run] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      if (other === name || (this.#contents.get(other)?.clients.size ?? 1) > 0) continue;
      this.#open.delete(other);
      this.#contents.delete(other);
      await (await run).close();
    }
  }

  #answer(): Promise<RunsAnswer> {
    const now = performance.now();
    if (!this.#list || now - this.#list.at > LIST_MS) this.#list = { at: now, answer: this.#read() };
    return this.#list.answer;
  }

  async #read(): Promise<RunsAnswer> {
    const folders = (await listRunFolders(this.#folder)).slice(0, MOST_LISTED);
    const read: (RunSummary | { readonly problem: string; readonly paths: RunPaths })[] = [];
    for (let first = 0; first < folders.length; first += AT_ONCE)
      read.push(
        ...(await Promise.all(
          folders
            .slice(first, first + AT_ONCE)
            .map((paths) =>
              summarize(paths).catch((error: unknown) => ({ problem: messageOf(error), paths })),
            ),
        )),
      );
    const configs = read.map((run) => ("config" in run ? run.config : {}));
    const odd = peculiarities(configs);
    const fields = [...differing(configs)].map(([field, values]) => [field, values.map((one) => one ?? null)] as const); // prettier-ignore
    return { folder: this.#folder, runs: read.map((run, i) => entryOf(run, odd[i])), fields: Object.fromEntries(fields) }; // prettier-ignore
  }
}

function entryOf(
  run: RunSummary | { readonly problem: string; readonly paths: RunPaths },
  differs: string[],
): RunsAnswer["runs"][number] {
  if ("problem" in run) {
    const unknown = { state: "unreadable", step: 0, steps: 0, images: 0, seconds: 0, metrics: {}, evaluation: {}, best: null, tags: [], note: null }; // prettier-ignore
    return { run: run.paths.name, url: urlOf(run.paths.name), ...unknown, differs, problem: run.problem };
  }
  const { state, step, steps, images, seconds, metrics, evaluation, best, tags, note } = run;
  const facts = { state, step, steps, images, seconds, metrics: { ...metrics }, evaluation: { ...evaluation }, best, tags: [...tags], note }; // prettier-ignore
  return { run: run.run, url: urlOf(run.run), ...facts, differs, problem: null };
}

function urlOf(name: string): string {
  return `/runs/${encodeURIComponent(name)}/`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // not written by us
  }
}
