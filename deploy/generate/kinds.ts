// What single images can be written as.

export const SINGLE_KINDS = ["png", "webp"] as const;
export type SingleKind = (typeof SINGLE_KINDS)[number];
