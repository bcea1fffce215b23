// What a user's module prints is printed once, however often it is run.
import { Console } from "node:console";
import { Writable } from "node:stream";

/** Runs `body` with a console that prints nothing. */
export async function withQuietConsole<T>(body: () => Promise<T>): Promise<T> {
  const usual = globalThis.console;
  globalThis.console = new Console(
    new Writable({
      write(_chunk, _encoding, done) {
        done();
      },
    }),
  );
  try {
    return await body();
  } finally {
    globalThis.console = usual;
  }
}
