/** Archives of `sampleText` as LHa makes them, and headers of every level around their packed bytes. */

/** Whole archives with a header of level 2. */
export const lhaSamples = {
  '-lh5-': Buffer.from(
    'JgAtbGg1LZ0AAACWBQAA1U0BayAC2ooABQAA+WgHAAFkaXNrAAAAiFNttcaizfQA15r+24CBPJGBcgAYEPQ5GF92AABAGOece+G1b52bduuPvhset+/G' +
      'n6Z7mVzRc03NVzbXNyubnc3QTsswzuNDjS41ONbjY42uNzjehvWe1xvQ3ob0N6G9DehvQ3wN8DfGcyBvgb4G+Bvgb4G+Bvkb5G+RvnO3I3yN8jfI3yN8' +
      'jfQ30N9DfQ31nyqG+hvob6G+v7eAAA==',
    'base64',
  ),
  '-lh6-': Buffer.from(
    'JgAtbGg2LZ0AAACWBQAA1U0BayAC2ooABQAATWgHAAFkaXNrAAAAiFNttcaizfQA15r+24CBPJGBcgAYEPQ5GF9zAAAgDHPOPfDat87Nu3XH3w2PW/fj' +
      'T9M9zK5ouabmq5trm5XNzuboJ2WYZ3GhxpcanGtxscbXG5xvQ3rPa43ob0N6G9DehvQ3ob4G+BvjOZA3wN8DfA3wN8DfA3yN8jfI3znbkb5G+Rvkb5G+' +
      'Rvob6G+hvob6z5VDfQ30N9DfX9vAAA==',
    'base64',
  ),
  '-lh7-': Buffer.from(
    'JgAtbGg3LZ0AAACWBQAA1U0BayAC2ooABQAAIKgHAAFkaXNrAAAAiFNttcaizfQA15r+24CBPJGBcgAYEPQ5GF9zAAAgDHPOPfDat87Nu3XH3w2PW/fj' +
      'T9M9zK5ouabmq5trm5XNzuboJ2WYZ3GhxpcanGtxscbXG5xvQ3rPa43ob0N6G9DehvQ3ob4G+BvjOZA3wN8DfA3wN8DfA3yN8jfI3znbkb5G+Rvkb5G+' +
      'Rvob6G+hvob6z5VDfQ30N9DfX9vAAA==',
    'base64',
  ),
} as const;

export type LhaLevel = 0 | 1 | 2 | 3;

export interface LhaMember {
  readonly method: string;
  readonly packed: Uint8Array;
  readonly sizeBytes: number;
  readonly crc: number;
  readonly name?: string;
  /** Type and content of extended headers; not for level 0. */
  readonly extensions?: readonly (readonly [type: number, content: string])[];
}

/** The packed bytes of the sample of -lh5-, and what belongs to them. */
export const lh5Member: LhaMember = {
  method: '-lh5-',
  packed: lhaSamples['-lh5-'].subarray(38, -1),
  sizeBytes: 1430,
  crc: 0x8ada,
};

/** A member with its header, without the zero that ends an archive. */
export function lhaMember(level: LhaLevel, member: LhaMember): Buffer {
  const start = Buffer.alloc(21);
  start.write(member.method, 2, 'latin1');
  start.writeUInt32LE(member.packed.byteLength, 7);
  start.writeUInt32LE(member.sizeBytes, 11);
  start.writeUInt8(0x20, 19);
  start.writeUInt8(level, 20);
  const crc = u16(member.crc);
  const name = Buffer.from(member.name ?? 'disk');
  const named = [Buffer.from([name.byteLength]), name, crc];
  if (level === 0) return Buffer.concat([summed(Buffer.concat([start, ...named])), member.packed]);
  const chain = extensionChain(member.extensions ?? [[1, name.toString('latin1')]], level === 3 ? 4 : 2);
  if (level === 1) {
    const [first, rest] = [chain.subarray(0, 2), chain.subarray(2)];
    start.writeUInt32LE(member.packed.byteLength + rest.byteLength, 7);
    const basic = summed(Buffer.concat([start, ...named, Buffer.from('U'), first]));
    return Buffer.concat([basic, rest, member.packed]);
  }
  const total = 28 + chain.byteLength - (level === 2 ? 4 : 0);
  start.writeUInt16LE(level === 2 ? total : 4, 0);
  const fixed = level === 2 ? [crc, Buffer.from('U')] : [crc, Buffer.from('U'), u32(total)];
  return Buffer.concat([start, ...fixed, chain, member.packed]);
}

/** The size of the first extension, then each with the size of the next; the last size is zero. */
function extensionChain(extensions: readonly (readonly [number, string])[], sizeBytes: 2 | 4): Buffer {
  const parts: Buffer[] = [];
  for (const [type, content] of extensions) {
    const size = 1 + content.length + sizeBytes;
    parts.push(sizeBytes === 2 ? u16(size) : u32(size), Buffer.from([type]), Buffer.from(content, 'latin1'));
  }
  return Buffer.concat([...parts, Buffer.alloc(sizeBytes)]);
}

function summed(header: Buffer): Buffer {
  header.writeUInt8(header.byteLength - 2, 0);
  header.writeUInt8(
    header.subarray(2).reduce((sum, byte) => (sum + byte) & 0xff, 0),
    1,
  );
  return header;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
