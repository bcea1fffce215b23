// Which way a convolution is cut into tiles: the one that costs the least for its three kernels together.
import type { backend_util } from "@tensorflow/tfjs-core";
import { GraphBuilder } from "../../../graph-builder.ts";
import type { TiledTuning } from "../tuning.ts";
import { type Tiling, products, tilingsOf } from "./axis.ts";
import { filterGradient, forward, inputGradient } from "./bilinear-convolution.ts";
import { callsOf } from "./calls.ts";
import { type Cut, type Geometry, type Order, axesOf, geometryOf, leadOf } from "./geometry.ts";
import { priceOf } from "./price.ts";

type Convolution = backend_util.Conv2DInfo;

const ORDERS: readonly Order[] = ["image first", "filter first"];

/** With more products than so many times the fewest nothing is won elsewhere: those are not priced. */
const MOST_PRODUCTS = 2;

/** All ways, but for the orders of the products' operands. */
export type Tiles = Pick<Cut, "rows" | "columns" | "rowTiles">;

/** Each size of tiles, as square as both axes allow; none where a phase of the filter has more taps than there are points. */
export function tilesOf(conv: Convolution): Tiles[] {
  const { rows, columns } = axesOf(conv);
  const [ofRows, ofColumns] = [tilingsOf(rows), tilingsOf(columns)];
  if (ofRows.length * ofColumns.length === 0) return [];
  const count = Math.max(ofRows.length, ofColumns.length);
  const pairs = Array.from({ length: count }, (_, i) => {
    const at = (tilings: readonly Tiling[]): Tiling => tilings[Math.min(i, tilings.length - 1)];
    return { rows: at(ofRows), columns: at(ofColumns) };
  });
  const productsOf = (pair: (typeof pairs)[number]): number => products(pair.rows) * products(pair.columns);
  const most = MOST_PRODUCTS * Math.min(...pairs.map(productsOf));
  const sensible = pairs.filter((pair) => productsOf(pair) <= most);
  return sensible.flatMap((both) => {
    const apart: Tiles = { ...both, rowTiles: "apart" };
    return both.rows.tiles > 1 ? [apart, { ...both, rowTiles: "together" }] : [apart];
  });
}

/** A convolution cut in the cheapest way, decided once; null where there is none. */
export function tiledGeometry(
  builder: GraphBuilder,
  conv: Convolution,
  tuning: TiledTuning,
  blocks = 1,
): Geometry | null {
  const { inShape, outShape, filterShape, strideHeight, strideWidth, padInfo } = conv;
  const shape = [
    inShape,
    outShape,
    filterShape,
    strideHeight,
    strideWidth,
    padInfo.top,
    padInfo.left,
    blocks,
  ];
  return builder.decide(`cut ${shape.join(" ")}`, () => {
    const cut = cheapestCut(conv, tuning, blocks);
    return cut && geometryOf(conv, cut, blocks);
  });
}

/**
 * The cheapest cut by the tuning's prices, or null where there is none: a pure function of the convolution's shape. All
 * three kernels are counted, whichever of them a program has, so that they are cut alike and share what is at the points.
 */
export function cheapestCut(conv: Convolution, tuning: TiledTuning, blocks = 1): Cut | null {
  let best: PricedCut | null = null;
  for (const tiles of tilesOf(conv)) {
    const next = pricedCut(conv, tiles, tuning, blocks);
    if (best === null || next.price < best.price) best = next;
  }
  return best && best.cut;
}

export interface PricedCut {
  readonly cut: Cut;
  /** Nanoseconds of all three kernels. */
  readonly price: number;
}

/** The tiles with the cheaper order of operands in each product. */
export function pricedCut(conv: Convolution, tiles: Tiles, tuning: TiledTuning, blocks = 1): PricedCut {
  const builder = new GraphBuilder(tuning);
  const cutBy = (order: Order): Cut => ({ ...tiles, orders: { forward: order, inputGradient: order } });
  const g = geometryOf(conv, cutBy("image first"), blocks);
  const input = (name: string, shape: readonly number[]): string =>
    builder.input(name, { dtype: "float32", shape: [...leadOf(g), ...shape] });
  const [kernel, channels] = [conv.filterShape.slice(0, 2), [g.channels, g.outChannels]];
  const x = input("x", [conv.inHeight, conv.inWidth, g.batch, g.channels]);
  const dy = input("dy", [conv.outHeight, conv.outWidth, g.batch, g.outChannels]);
  const filter = input("filter", [...kernel, ...channels]);
  const output = (name: string, value: string): string => {
    builder.output(name, value, { dtype: "float32", shape: [] });
    return name;
  };
  const dw = output("dw", filterGradient(builder, g, x, dy));
  const both = ORDERS.map((order) => {
    const ordered = { ...g, orders: cutBy(order).orders };
    return {
      order,
      forward: output(`y, ${order}`, forward(builder, ordered, x, filter)),
      inputGradient: output(`dx, ${order}`, inputGradient(builder, ordered, dy, filter)),
    };
  });
  const bill = new Bill(builder, tuning);
  let price = bill.pay(dw);
  const cheaper = (kernelName: keyof Cut["orders"]): Order => {
    const offers = both.map((one) => ({ order: one.order, price: bill.ask(one[kernelName]) }));
    const { order } = offers.reduce((least, next) => (next.price < least.price ? next : least));
    price += bill.pay(both.find((one) => one.order === order)![kernelName]);
    return order;
  };
  return {
    cut: { ...tiles, orders: { forward: cheaper("forward"), inputGradient: cheaper("inputGradient") } },
    price,
  };
}

/** What results cost, when what they share is paid for once. */
class Bill {
  readonly #calls: ReturnType<typeof callsOf>;
  readonly #tuning: TiledTuning;
  readonly #paid = new Set<string>();

  constructor(builder: GraphBuilder, tuning: TiledTuning) {
    this.#calls = callsOf(builder.graph());
    this.#tuning = tuning;
  }

  /** What a result costs beyond what is paid for. */
  ask(result: string): number {
    return [...this.#needed(result)].reduce((sum, name) => sum + this.#priceOf(name), 0);
  }

  pay(result: string): number {
    const price = this.ask(result);
    for (const name of this.#needed(result)) this.#paid.add(name);
    return price;
  }

  #needed(result: string, found = new Set<string>()): Set<string> {
    const made = this.#calls.get(result);
    if (!made || this.#paid.has(result) || found.has(result)) return found;
    found.add(result);
    for (const name of made.node.inputs) this.#needed(name, found);
    return found;
  }

  #priceOf(name: string): number {
    const { call } = this.#calls.get(name)!;
    if (call === null) return 0;
    const uses = this.#isOfFilter(name) ? this.#tuning.usesOfVersion : 1;
    return priceOf(call, this.#tuning.prices) / uses;
  }

  /** Depends on the filter alone. */
  #isOfFilter(name: string): boolean {
    if (name === "x" || name === "dy") return false;
    return (this.#calls.get(name)?.node.inputs ?? []).every((input) => this.#isOfFilter(input));
  }
}
