// Colours for canvases, as the page's style has them in light and dark.

export interface Theme {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
  /** Told apart by the colour-blind (after Okabe & Ito 2008). */
  readonly lines: readonly string[];
}

/** Of the style that holds now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"),
    quiet: of("quiet"),
    line: of("line"),
    accent: of("accent"),
    lines: [0, 1, 2, 3, 4, 5].map((i) => of(`c${i}`)),
  };
}

/** A network has one colour in all charts. */
const OWN: Readonly<Record<string, number>> = {
  discriminator: 0,
  classifier: 0,
  generator: 1,
  "D(real)": 2,
  "D(fake)": 3,
};

/** Which of the theme's lines a line is, the `index`th of its chart. */
export function colourOf(label: string, index: number): number {
  return OWN[label] ?? index % 6;
}
