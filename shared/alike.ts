// When two warnings are the same one again: where they differ in numbers only, as evidence does.

/** Numbers in a sentence; not those in names, such as worker-3 or generator/03-dense. */
export const NUMBERS = /(?<![\w/-])-?\d[\d.,]*(e-?\d+)?(?![\w-])/g;

/** What a warning that was held back ends with. */
export const HELD_BACK = / \(the last of \d+ more like it within \d+ s\)$/;

/** Equal for warnings that tell the same with other numbers. */
export function alikeKey({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code} ${message.replace(HELD_BACK, "").replaceAll(NUMBERS, "0")}`;
}
