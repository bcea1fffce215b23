// The order of paths: by code point of each component, the same on every machine, whatever its locale or file system.

/**
 * Sorts by path, into a new array: component by component, each by its code points. All of `a/` comes before all of
 * `a b/`, as class `a` comes before class `a b`.
 */
export function sortedByPath<Item>(items: readonly Item[], pathOf: (item: Item) => string): readonly Item[] {
  const keyed = items.map((item) => ({ item, key: orderKey(pathOf(item)) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item);
}

/**
 * Keys whose order as strings of UTF-16 units is that of the paths. `/` becomes the lowest unit, which no name has, so
 * that components are compared one by one; surrogates, which stand for the highest code points, change places with the
 * units above them.
 */
function orderKey(path: string): string {
  const components = path.replaceAll("/", "\0");
  return HIGH_UNITS.test(components) ? components.replace(ALL_HIGH_UNITS, swapHighUnit) : components;
}

const HIGH_UNITS = /[\uD800-\uFFFF]/;
/** Without the flag `u`, units are matched one by one. */
const ALL_HIGH_UNITS = /[\uD800-\uFFFF]/g;
const SURROGATES = 0x800;

function swapHighUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + (0x10000 - 0xe000) : code - SURROGATES);
}
