/**
 * Fields of binary headers. Offsets are relative to the bytes given; the caller has made sure they lie inside.
 */
type ByteOrder = 'little' | 'big';

function fieldsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function readU16(bytes: Uint8Array, offset: number, order: ByteOrder): number {
  return fieldsOf(bytes).getUint16(offset, order === 'little');
}

export function readU32(bytes: Uint8Array, offset: number, order: ByteOrder): number {
  return fieldsOf(bytes).getUint32(offset, order === 'little');
}

export function readU64(bytes: Uint8Array, offset: number, order: ByteOrder): bigint {
  return fieldsOf(bytes).getBigUint64(offset, order === 'little');
}

/** Whether the bytes at `offset` are these, given as characters of one byte each; false beyond the end. */
export function hasSignature(bytes: Uint8Array, signature: string, offset = 0): boolean {
  for (let index = 0; index < signature.length; index++) {
    if (bytes[offset + index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Each byte as one character. */
export function asCharacters(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
