// Which columns of a Parquet file hold the pictures and their labels.
import { type FileMetaData, type SchemaTree, parquetSchema } from "hyparquet";
import { z } from "zod";
import { GanglionError } from "../../errors.ts";
import type { ParquetTable } from "./file.ts";

export interface ImageColumn {
  readonly name: string;
  /** Of the encoded pictures. */
  readonly bytes: SchemaTree;
  /** Of their names; null where the column has none. */
  readonly path: SchemaTree | null;
}

export interface LabelColumn {
  readonly name: string;
  readonly leaf: SchemaTree;
  readonly kind: "numbers" | "texts";
  /** Of Hugging Face's `ClassLabel`; null without. */
  readonly names: readonly string[] | null;
}

export interface Columns {
  readonly image: ImageColumn;
  readonly label: LabelColumn | null;
  readonly notes: readonly string[];
}

const IMAGE_NAMES = ["image", "img", "picture", "photo", "images", "jpg", "jpeg", "png", "webp"];
/** In the order in which one is preferred; after these come others that are called so. */
const LABEL_NAMES = ["label", "labels", "fine_label", "class", "class_label", "target", "category"];
const CALLED_LABEL = /(^|_)(label|class)(e?s)?$/i;

/** @throws GanglionError DATA, with the columns and their types, when no column holds pictures, or several could */
export function chooseColumns({ file, footer }: ParquetTable): Columns {
  const features = featuresOf(footer);
  const columns = parquetSchema(footer).children;
  const { label, note } = chooseLabel(columns, features);
  return { image: chooseImage(file.path, columns, features), label, notes: note === null ? [] : [note] };
}

function chooseImage(path: string, columns: readonly SchemaTree[], features: Features): ImageColumn {
  const candidates = columns.flatMap((column) => asImage(column) ?? []);
  const declared = candidates.filter(({ name }) => features[name]?._type === "Image");
  const named = IMAGE_NAMES.flatMap((wanted) => candidates.filter(({ name }) => name === wanted));
  const [only, ...more] = declared.length === 1 ? declared : candidates;
  const chosen = named.find((one) => declared.length === 0 || declared.includes(one)) ?? only;
  if (chosen && (named.length > 0 || more.length === 0)) return chosen;
  const described = columns.map((column) => `${column.element.name} (${typeOf(column)})`).join(", ");
  const arrays = columns.find(
    ({ element, ...column }) =>
      IMAGE_NAMES.includes(element.name) && typeOf({ element, ...column }) === "list",
  );
  const [what, remedy] = chosen
    ? ["several columns of pictures", "name the one that is wanted image"]
    : arrays
      ? [
          `pixels as a list of numbers in its column ${arrays.element.name}, not encoded pictures`,
          "write them as PNG or JPEG (datasets: cast_column to Image()), or as a NumPy file [N, H, W, C]",
        ]
      : ["no column of pictures", "give a file with a column image of {bytes, path} or binary"];
  throw new GanglionError("DATA", `${path} has ${what}: ${remedy}; its columns are ${described}`);
}

/** A struct {bytes, path}, or bytes that are no text. */
function asImage(column: SchemaTree): ImageColumn | null {
  const { name } = column.element;
  if (isBinary(column)) return { name, bytes: column, path: null };
  const child = (wanted: string): SchemaTree | null =>
    column.children.find(({ element }) => element.name === wanted) ?? null;
  const bytes = child("bytes");
  if (!bytes || !isBinary(bytes) || column.element.repetition_type === "REPEATED") return null;
  const path = child("path");
  return { name, bytes, path: path && isText(path) ? path : null };
}

function chooseLabel(
  columns: readonly SchemaTree[],
  features: Features,
): { readonly label: LabelColumn | null; readonly note: string | null } {
  const candidates = columns.flatMap((leaf): LabelColumn[] => {
    const { name } = leaf.element;
    const kind = isWhole(leaf) ? "numbers" : isText(leaf) ? "texts" : null;
    const isLabel =
      LABEL_NAMES.includes(name) || CALLED_LABEL.test(name) || features[name]?._type === "ClassLabel";
    return kind && isLabel ? [{ name, leaf, kind, names: features[name]?.names ?? null }] : [];
  });
  const rank = ({ name }: LabelColumn): number =>
    LABEL_NAMES.includes(name) ? LABEL_NAMES.indexOf(name) : LABEL_NAMES.length;
  const [label, ...others] = candidates.sort((a, b) => rank(a) - rank(b));
  const names = columns.map(({ element }) => element.name);
  if (!label) return { label: null, note: `no column of labels among ${names.join(", ")}: no labels` };
  if (others.length === 0) return { label, note: null };
  const rest = others.map(({ name }) => name).join(", ");
  return { label, note: `the labels are the column ${label.name}; not read: ${rest}` };
}

function isBinary({ element, children }: SchemaTree): boolean {
  return (
    children.length === 0 &&
    element.type === "BYTE_ARRAY" &&
    element.repetition_type !== "REPEATED" &&
    element.converted_type === undefined &&
    element.logical_type === undefined
  );
}

function isText({ element, children }: SchemaTree): boolean {
  const type = element.logical_type?.type;
  const isAnnotated = element.converted_type === "UTF8" || type === "STRING" || type === "ENUM";
  return children.length === 0 && element.type === "BYTE_ARRAY" && isAnnotated && !isRepeated(element);
}

function isWhole({ element, children }: SchemaTree): boolean {
  const { type, converted_type: converted, logical_type: logical } = element;
  const isNumber = type === "INT32" || type === "INT64" || type === "BOOLEAN";
  const isPlain =
    (converted === undefined || /^U?INT_/.test(converted)) && (!logical || logical.type === "INTEGER");
  return children.length === 0 && isNumber && isPlain && !isRepeated(element);
}

function isRepeated({ repetition_type: repetition }: SchemaTree["element"]): boolean {
  return repetition === "REPEATED";
}

/** As people call it. */
function typeOf(column: SchemaTree): string {
  const { element, children } = column;
  const annotation = element.logical_type?.type ?? element.converted_type;
  if (annotation === "LIST" || element.repetition_type === "REPEATED") return "list";
  if (children.length > 0) return `struct {${children.map((child) => child.element.name).join(", ")}}`;
  if (isText(column)) return "string";
  if (element.type === "BYTE_ARRAY" && annotation === undefined) return "binary";
  return (annotation ?? element.type ?? "unknown").toLowerCase();
}

const featureSchema = z.looseObject({ _type: z.string().optional(), names: z.array(z.string()).optional() });
const metadataSchema = z.looseObject({
  info: z.looseObject({ features: z.record(z.string(), z.unknown()) }),
});
type Features = Readonly<Record<string, z.infer<typeof featureSchema> | undefined>>;

/** What Hugging Face's `datasets` wrote of the columns; nothing where another program wrote the file. */
function featuresOf({ key_value_metadata: metadata }: FileMetaData): Features {
  const text = metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {}; // a remark of another program under this key: the columns themselves say what they are
  }
  const features = metadataSchema.safeParse(parsed).data?.info.features ?? {};
  return Object.fromEntries(
    Object.entries(features).map(([name, feature]) => [name, featureSchema.safeParse(feature).data]),
  );
}
