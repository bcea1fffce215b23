// Whether text is what it looks like on a terminal.
import { expect } from "vitest";

/** A text that clears the screen, forges lines, turns its direction and hides. */
export const EVIL = "e\u001B[2J\u001B]0;t\u0007v\r\nganglion: done\u009B1A\u202Ei\u2028\u200Bl";

/** Line feeds aside, nothing that a terminal does not show as it is; and no line that `EVIL` forges. */
export function expectInert(text: string): void {
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(text).not.toMatch(/^ganglion: done/m);
}
