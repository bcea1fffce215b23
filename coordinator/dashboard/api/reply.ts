// What a route answers, before it is sent.
import type { PlainPage } from "../plain-page.ts";

export type Reply =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly type: string; readonly text: string }
  | ({ readonly kind: "page" } & PlainPage)
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "picture"; readonly type: string; readonly bytes: Buffer; readonly etag: string }
  | {
      readonly kind: "refusal";
      readonly status: number;
      /** A word to count it under. */
      readonly reason: string;
      readonly message: string;
    };
