/** The first 512 bytes of a qcow2 disk of 1 MiB without a backing file. */
export function qcow2Header(): Buffer {
  const header = Buffer.alloc(512);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(1_048_576n, 24);
  return header;
}
