// CUDA machine code in a shared library, for many kinds of GPU: all but one kind's made into zeros, which compress to nothing.

/** `fatbinary_section.h` of the CUDA toolkit: what a fat binary in the section begins with. */
const MAGIC = 0xba55ed50;
const SECTION = ".nv_fatbin";
const PTX = 1;

/** Of ELF64 (gABI): where its header and those of its sections have what is read here. */
const ELF = { sections: 0x28, sectionSize: 0x3a, sectionCount: 0x3c, names: 0x3e } as const;
const HEADER = { name: 0x00, offset: 0x18, size: 0x20 } as const;
/** Of a fat binary's header, and of the header of each of its entries. */
const FAT = { headerSize: 0x06, size: 0x08 } as const;
const ENTRY = { kind: 0x00, headerSize: 0x04, size: 0x08, architecture: 0x1c } as const;

/** What was left, in bytes of machine code. */
export interface Kept {
  readonly keptBytes: number;
  readonly zeroedBytes: number;
  /** All that the library had: 75, 80, 90 … */
  readonly architectures: readonly number[];
}

/**
 * Overwrites, in place, the machine code that a GPU of compute capability `architecture` (90 for 9.0) cannot run: code runs
 * on GPUs of its own major version, and of its minor one or a later. Headers stay, so that the driver finds its own.
 *
 * @throws RangeError where the library has no code for it
 */
export function keepArchitecture(library: Buffer, architecture: number): Kept {
  const { offset, size } = sectionOf(library, SECTION);
  const architectures = new Set<number>();
  let [keptBytes, zeroedBytes] = [0, 0];
  for (const entry of entriesOf(library, offset, offset + size)) {
    architectures.add(entry.architecture);
    if (entry.kind === PTX || runsOn(entry.architecture, architecture)) keptBytes += entry.end - entry.begin;
    else {
      zeroedBytes += entry.end - entry.begin;
      library.fill(0, entry.begin, entry.end);
    }
  }
  const all = [...architectures].toSorted((a, b) => a - b);
  if (!all.some((one) => runsOn(one, architecture)))
    throw new RangeError(`the library has no machine code for ${architecture}, only for ${all.join(", ")}`);
  return { keptBytes, zeroedBytes, architectures: all };
}

function runsOn(code: number, gpu: number): boolean {
  return Math.floor(code / 10) === Math.floor(gpu / 10) && code <= gpu;
}

interface Entry {
  readonly kind: number;
  readonly architecture: number;
  readonly begin: number;
  readonly end: number;
}

function* entriesOf(library: Buffer, from: number, to: number): Generator<Entry> {
  let at = from;
  while (at + 16 <= to) {
    if (library.readUInt32LE(at) !== MAGIC) {
      at += 8; // padding between two
      continue;
    }
    let entry = at + library.readUInt16LE(at + FAT.headerSize);
    const end = entry + Number(library.readBigUInt64LE(at + FAT.size));
    while (entry < end) {
      const begin = entry + library.readUInt32LE(entry + ENTRY.headerSize);
      const next = begin + Number(library.readBigUInt64LE(entry + ENTRY.size));
      yield {
        kind: library.readUInt16LE(entry + ENTRY.kind),
        architecture: library.readUInt32LE(entry + ENTRY.architecture),
        begin,
        end: next,
      };
      entry = next;
    }
    at = end;
  }
}

/** @throws RangeError where there is no such section */
function sectionOf(library: Buffer, name: string): { readonly offset: number; readonly size: number } {
  const table = Number(library.readBigUInt64LE(ELF.sections));
  const [each, count] = [library.readUInt16LE(ELF.sectionSize), library.readUInt16LE(ELF.sectionCount)];
  const header = (index: number): { nameAt: number; offset: number; size: number } => ({
    nameAt: library.readUInt32LE(table + index * each + HEADER.name),
    offset: Number(library.readBigUInt64LE(table + index * each + HEADER.offset)),
    size: Number(library.readBigUInt64LE(table + index * each + HEADER.size)),
  });
  const names = header(library.readUInt16LE(ELF.names)).offset;
  for (let index = 0; index < count; index++) {
    const { nameAt, ...place } = header(index);
    const at = names + nameAt;
    if (library.toString("latin1", at, library.indexOf(0, at)) === name) return place;
  }
  throw new RangeError(`the library has no section ${name}: it is none of CUDA's`);
}
