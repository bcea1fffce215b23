// Images without their mean: written out once, taken from there whenever the mean is subtracted again, and of sum zero.
import { type Base, type Form, formKey, keyOf, shiftedForm } from "./form.ts";

export class CenteredImages {
  /** The means [C] of forms, by their keys. */
  readonly #means = new Map<string, string>();
  /** What is written out, by the keys of forms. */
  readonly #centered = new Map<string, Base>();
  readonly #balanced = new Set<string>();

  noteMean(image: Form, mean: string): void {
    this.#means.set(formKey(image), mean);
  }

  /** A form was written out as `written`. */
  noteWritten(form: Form, written: Base): void {
    if (!this.#isCentered(form)) return;
    this.#centered.set(formKey(form), written);
    this.#balanced.add(keyOf(written));
  }

  /** A form plus or minus [C]; in terms of what is written out, if that is this. */
  shifted(form: Form, name: string, sign: 1 | -1): Form {
    const shifted = shiftedForm(form, [{ name, sign }]);
    const known = this.#centered.get(formKey(shifted));
    return known ? { terms: [{ base: known, factor: null, sign: 1 }], offsets: [] } : shifted;
  }

  /** Whether each channel of an image adds up to nothing, but for roundings. */
  isBalanced(image: Base): boolean {
    return this.#balanced.has(keyOf(image));
  }

  /** An image minus its own mean. */
  #isCentered({ terms, offsets }: Form): boolean {
    return offsets.some(({ name, sign }, i) => {
      const image = { terms, offsets: offsets.toSpliced(i, 1) };
      return sign === -1 && this.#means.get(formKey(image)) === name;
    });
  }
}
