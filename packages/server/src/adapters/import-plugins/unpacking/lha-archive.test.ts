import { describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from '../../../../../../tests/support/debian-packages.ts';
import { lh5Member, lhaMember, lhaSamples } from './lha-samples.testing.ts';
import type { LhaLevel } from './lha-samples.testing.ts';
import { sampleText, tooLarge, unpack } from './unpack.testing.ts';

const hasProgram = await requirePackages(packageGroups.archives);

const end = Buffer.alloc(1);
const levels: readonly LhaLevel[] = [0, 1, 2, 3];
const storedMember = { ...lh5Member, method: '-lh0-', packed: Buffer.from(sampleText) };

describe.runIf(hasProgram)('an lha archive', () => {
  test.each(Object.entries(lhaSamples))('of LHa is unpacked: %s', async (_, archive) => {
    expect((await unpack(archive)).result).toBe(sampleText);
  });

  test.each(levels)('with a header of level %s is unpacked, packed or stored', async (level) => {
    for (const member of [lh5Member, storedMember]) {
      for (const rest of [end, Buffer.alloc(0), Buffer.alloc(128)]) {
        const { result, format } = await unpack(Buffer.concat([lhaMember(level, member), rest]), { chunkBytes: 11 });
        expect([format, result]).toEqual(['lha', sampleText]);
      }
    }
  });

  test.each(levels)('may have further headers of level %s, whose names lead nowhere', async (level) => {
    const extensions = [
      [0x00, 'XX'],
      [0x01, '../../../../tmp/escaped'],
      [0x02, '/\xff..\xff'],
      [0x50, '\xff\xa1'],
    ] as const;
    const archive = lhaMember(level, { ...lh5Member, name: '../../../../tmp/escaped', extensions });
    expect((await unpack(archive)).result).toBe(sampleText);
  });
});

describe('an lha archive', () => {
  test.each(levels)('of two members is a 400: level %s', async (level) => {
    const member = lhaMember(level, storedMember);
    const { result } = await unpack(Buffer.concat([member, member, end]));
    expect(result).toBe('badRequest: The lha archive holds more than one file. Pack the image alone, as a plain file.');
  });

  test('with something else behind its member is a 400', async () => {
    const { result } = await unpack(Buffer.concat([lhaMember(0, storedMember), Buffer.from('garbage')]));
    expect(result).toContain('badRequest: The lha data are damaged');
  });

  test('of a folder or a link is a 400', async () => {
    const { result } = await unpack(lhaMember(2, { method: '-lhd-', packed: Buffer.alloc(0), sizeBytes: 0, crc: 0 }));
    expect(result).toContain('badRequest: The lha archive holds a folder or a link.');
  });

  test.each(['-lh2-', '-lh9-', '-lh\0-'])('of a method nobody unpacks is a 400: %j', async (method) => {
    const { result } = await unpack(lhaMember(1, { ...lh5Member, method }));
    expect(result).toBe('badRequest: The lha archive uses a method that is not supported. Pack it with -lh5-.');
  });

  test('with sizes of 64 bits is a 400 that says what to do', async () => {
    const { result } = await unpack(lhaMember(2, { ...lh5Member, extensions: [[0x42, '\0'.repeat(16)]] }));
    expect(result).toBe('badRequest: The lha archive is of the kind for files above 4 GiB. Pack the image with gzip.');
  });

  test.each([
    ['another sum', { ...storedMember, crc: storedMember.crc ^ 1 }],
    ['more data than it says', { ...storedMember, sizeBytes: 1429 }],
    ['fewer data than it says', { ...storedMember, sizeBytes: 1431 }],
  ])('with %s is a 400', async (_, member) => {
    expect((await unpack(lhaMember(0, member))).result).toContain('badRequest: The lha data are damaged');
  });

  test('that says it is too large is a 413 before anything is written', async () => {
    const member = { ...lh5Member, sizeBytes: 0xffff_fff0 };
    const { result, target } = await unpack(lhaMember(2, member), { maximum: { bytes: 1000, exceeded: tooLarge } });
    expect([result, target.writtenBytes()]).toEqual([`limitExceeded: ${tooLarge}`, 0]);
  });

  test('with a header that leads astray is a 400', async () => {
    const level1 = lhaMember(1, storedMember);
    level1.writeUInt32LE(1, 7);
    level1.writeUInt8(
      level1.subarray(2, (level1[0] ?? 0) + 2).reduce((sum, byte) => (sum + byte) & 0xff, 0),
      1,
    );
    const level2 = lhaMember(2, storedMember);
    level2.writeUInt16LE(1, 24);
    const level3 = lhaMember(3, storedMember);
    level3.writeUInt32LE(0xffff_ffff, 28);
    const endless = lhaMember(3, storedMember);
    endless.writeUInt32LE(0xffff_ffff, 24);
    for (const archive of [level1, level2, level3, endless]) {
      expect((await unpack(archive)).result).toContain('badRequest: The lha data are damaged');
    }
  });
});
