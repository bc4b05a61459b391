/** Zip archives as Python makes them, all in one run of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const script = `
import base64, io, json, stat, struct, sys, zipfile

text, zeros = sys.argv[1].encode(), int(sys.argv[2])

class Pipe(io.RawIOBase):
    # Cannot seek, so that sizes come behind the data.
    def __init__(self): self.bytes = bytearray()
    def writable(self): return True
    def write(self, data): self.bytes += data; return len(data)

def archive(method=zipfile.ZIP_DEFLATED, names=('disk.img',), comment=b'', mode=0o100644, force64=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', method) as made:
        made.comment = comment
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr, entry.create_system = method, mode << 16, 3
            with made.open(entry, 'w', force_zip64=force64) as out: out.write(text)
    return file.getvalue()

def streamed():
    pipe = Pipe()
    with zipfile.ZipFile(pipe, 'w', zipfile.ZIP_DEFLATED) as made: made.writestr('disk.img', text)
    return bytes(pipe.bytes)

def large():
    # As for an archive above 4 GiB: every field of 32 bits is full, and the true ones stand in the extra fields.
    plain = archive()
    directory, end = plain.rindex(b'PK\\1\\2'), plain.rindex(b'PK\\5\\6')
    packed, size = struct.unpack('<II', plain[directory + 20:directory + 28])
    extra = struct.pack('<HHQQQ', 1, 24, size, packed, 0)
    entry = bytearray(plain[directory:end] + extra)
    entry[20:28], entry[42:46], entry[30:32] = b'\\xff' * 8, b'\\xff' * 4, struct.pack('<H', len(extra))
    record = struct.pack('<4sQHHIIQQQQ', b'PK\\6\\6', 44, 45, 45, 0, 0, 1, 1, len(entry), directory)
    locator = struct.pack('<4sIQI', b'PK\\6\\7', 0, directory + len(entry), 1)
    return plain[:directory] + bytes(entry) + record + locator + struct.pack('<4sHHHHIIH', b'PK\\5\\6', 0, 0, 1, 1, 0xffffffff, 0xffffffff, 0)

def of_zeros():
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as made:
        with made.open('zeros', 'w') as out:
            for _ in range(zeros // 2**20): out.write(bytes(2**20))
    return file.getvalue()

archives = {
    'stored': archive(zipfile.ZIP_STORED), 'deflated': archive(), 'bzip2': archive(zipfile.ZIP_BZIP2),
    'lzma': archive(zipfile.ZIP_LZMA), 'streamed': streamed(), 'large': large(), 'force64': archive(force64=True),
    'commented': archive(comment=b'PK\\5\\6' + b'c' * 60000), 'zeros': of_zeros(),
    'two': archive(names=('a', 'b')), 'many': archive(names=[str(each) for each in range(300)]),
    'traversal': archive(names=('../../../../tmp/escaped',)), 'absolute': archive(names=('/tmp/escaped',)),
    'folder': archive(names=('folder/',)), 'link': archive(mode=stat.S_IFLNK | 0o777),
    'device': archive(mode=stat.S_IFBLK | 0o600), 'pipe': archive(mode=stat.S_IFIFO | 0o600),
}
print(json.dumps({name: base64.b64encode(data).decode() for name, data in archives.items()}))
`;

const names = [
  ...(['stored', 'deflated', 'bzip2', 'lzma', 'streamed', 'large', 'force64', 'commented', 'zeros'] as const),
  ...(['two', 'many', 'traversal', 'absolute', 'folder', 'link', 'device', 'pipe'] as const),
];
export type ZipSamples = Readonly<Record<(typeof names)[number], Buffer>>;

/** Archives of the text; that of `zeros` holds so many of them instead. */
export async function makeZips(text: string, zeroBytes = 0): Promise<ZipSamples> {
  const { stdout } = await run('python3', ['-c', script, text, String(zeroBytes)], { maxBuffer: 64 * 1024 * 1024 });
  const made = JSON.parse(stdout) as Record<string, string>;
  const entries = names.map((name) => [name, Buffer.from(made[name] ?? '', 'base64')] as const);
  // All names are there, for the list they come from is the type's.
  return Object.fromEntries(entries) as ZipSamples;
}
