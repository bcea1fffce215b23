// TensorBoard's events as protobuf: the few fields of event.proto and summary.proto that scalars and pictures need.
//
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto, summary.proto; numbers are
// field tags.
import { PbfReader, PbfWriter } from "pbf";

export type SummaryEvent =
  | { readonly kind: "begin"; readonly seconds: number }
  | {
      readonly kind: "scalars";
      readonly seconds: number;
      readonly step: number;
      readonly values: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: "picture";
      readonly seconds: number;
      readonly step: number;
      readonly tag: string;
      readonly png: Uint8Array;
    };

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, image: 4 } as const;
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;

/** What a file begins with. */
const FILE_VERSION = "brain.Event:2";

/** `seconds`: since 1970. */
export function encodeEvent(event: SummaryEvent): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(EVENT.wallTime, event.seconds);
  switch (event.kind) {
    case "begin":
      writer.writeStringField(EVENT.fileVersion, FILE_VERSION);
      break;
    case "scalars":
      writer.writeVarintField(EVENT.step, event.step);
      writer.writeMessage(EVENT.summary, writeScalars, event.values);
      break;
    case "picture":
      writer.writeVarintField(EVENT.step, event.step);
      writer.writeMessage(EVENT.summary, writePicture, event);
      break;
    default:
      event satisfies never;
  }
  return writer.finish();
}

/** The step of an event; 0 where it has none. */
export function stepOfEvent(bytes: Uint8Array): number {
  const found = { step: 0 };
  new PbfReader(bytes).readFields((tag, result: { step: number }, reader) => {
    if (tag === EVENT.step) result.step = reader.readVarint(true);
  }, found);
  return found.step;
}

function writeScalars(values: Readonly<Record<string, number>>, writer: PbfWriter): void {
  for (const [tag, value] of Object.entries(values))
    writer.writeMessage(
      SUMMARY.value,
      (_, inner: PbfWriter) => {
        inner.writeStringField(VALUE.tag, tag);
        inner.writeFloatField(VALUE.simpleValue, value);
      },
      null,
    );
}

function writePicture({ tag, png }: Extract<SummaryEvent, { kind: "picture" }>, writer: PbfWriter): void {
  writer.writeMessage(
    SUMMARY.value,
    (_, inner: PbfWriter) => {
      inner.writeStringField(VALUE.tag, tag);
      inner.writeMessage(VALUE.image, writeImage, png);
    },
    null,
  );
}

/** Width, height and colour are in a PNG's first chunk (https://www.w3.org/TR/png-3/#11IHDR). */
function writeImage(png: Uint8Array, writer: PbfWriter): void {
  const header = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  writer.writeVarintField(IMAGE.height, header.readUInt32BE(20));
  writer.writeVarintField(IMAGE.width, header.readUInt32BE(16));
  const colorspaces: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
  writer.writeVarintField(IMAGE.colorspace, colorspaces[header[25]] ?? 3);
  writer.writeBytesField(IMAGE.encoded, png);
}
