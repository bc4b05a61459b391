import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../errors.testing.ts';
import { isImageServiceError } from '../errors.ts';
import { checkImportUri } from './uri-filter.ts';
import type { ImportUriFilter } from './uri-filter.ts';

const open: ImportUriFilter = {
  allowedSchemes: ['http', 'https'],
  disallowedSchemes: [],
  allowedHosts: [],
  disallowedHosts: [],
  allowedPorts: [80, 443],
  disallowedPorts: [],
};

function isAccepted(uri: string, filter: Partial<ImportUriFilter> = {}): boolean {
  return errorCodeOf(() => checkImportUri({ ...open, ...filter }, uri)) === 'none';
}

function messageFor(uri: string, filter: Partial<ImportUriFilter> = {}): string {
  try {
    checkImportUri({ ...open, ...filter }, uri);
    return 'accepted';
  } catch (error) {
    return isImageServiceError(error, 'badRequest') ? error.message : 'foreign';
  }
}

describe('with the default lists', () => {
  test.each(
    [
      ['http://mirror.example/x', 'https://mirror.example/x', 'HTTPS://MIRROR.EXAMPLE/x', 'http://mirror.example'],
      [
        'http://mirror.example:80/',
        'https://mirror.example:443/',
        'http://mirror.example:/',
        'http://mirror.example:0080/',
      ],
      ['http://192.0.2.1/', 'http://[2001:db8::1]/', 'http://[2001:DB8:0:0:0:0:0:1]:443/', 'http://mirror.example./x'],
      [
        'http://a_b.example/',
        'http://1e100.net/',
        'http://0x7f.example/',
        'http://1.2.3.example/',
        'http://xn--bcher-kva.example/',
      ],
      ['http://h/a@b', 'http://h?q=@x', 'http://h/#@x', 'http://h/%00%0d%0a', 'http://h/a/../b', 'http://h/"<>{}|^`'],
    ].flat(),
  )('%s is accepted', (uri) => {
    expect(messageFor(uri)).toBe('accepted');
  });

  test.each([
    ['', /empty/],
    ['mirror.example/x', /scheme:\/\/host/],
    ['//mirror.example/x', /scheme:\/\/host/],
    ['http:mirror.example', /scheme:\/\/host/],
    ['http:/mirror.example/', /scheme:\/\/host/],
    ['http:///mirror.example/', /no host/],
    ['http://', /no host/],
    ['http://:80/', /no host/],
    ['http://?x', /no host/],
    ['ftp://mirror.example/', /only http and https/],
    ['file:///etc/passwd', /only http and https/],
    ['file://localhost/etc/passwd', /only http and https/],
    ['gopher://mirror.example/', /only http and https/],
    ['javascript:alert(1)', /scheme:\/\/host/],
    ['http://mirror.example:81/', /port 81/],
    ['http://mirror.example:0/', /between 1 and 65535/],
    ['http://mirror.example:65536/', /between 1 and 65535/],
    ['http://mirror.example:99999999999999999999/', /between 1 and 65535/],
    ['http://mirror.example:-80/', /cannot be read/],
    ['http://mirror.example:+80/', /cannot be read/],
    ['http://mirror.example:80:80/', /cannot be read/],
    ['http://mirror.example:http/', /cannot be read/],
    ['http://2130706433/', /is a number/],
    ['http://127.1/', /is a number/],
    ['http://127.0.1/', /is a number/],
    ['http://127.0.0.1./', /is a number/],
    ['http://127.0.0.1.1/', /is a number/],
    ['http://127.0.0.01/', /is a number/],
    ['http://0177.0.0.1/', /is a number/],
    ['http://0x7f.0.0.1/', /is a number/],
    ['http://0x7f000001/', /is a number/],
    ['http://0X7F000001/', /is a number/],
    ['http://0x/', /is a number/],
    ['http://a.0x7f/', /is a number/],
    ['http://a.1/', /is a number/],
    ['http://256.1.1.1/', /is a number/],
    ['http://4294967296/', /is a number/],
    ['http://[::1/', /cannot be read/],
    ['http://::1/', /cannot be read/],
    ['http://[::1]x/', /cannot be read/],
    ['http://[::1%25eth0]/', /cannot be read/],
    ['http://[1.2.3.4]/', /not an IPv6 address/],
    ['http://[::1.2.3]/', /not an IPv6 address/],
    ['http://[]/', /cannot be read/],
    ['http://a b/', /percent-encoded/],
    [' http://mirror.example/', /percent-encoded/],
    ['http://mirror.example/ ', /percent-encoded/],
    ['http://mirror.example/\r\nHost: x', /percent-encoded/],
    ['http://mirror.example/\u0000', /percent-encoded/],
    ['ht\ntp://mirror.example/', /percent-encoded/],
    ['http://١٢٧.0.0.1/', /percent-encoded/],
    ['http://127。0。0。1/', /percent-encoded/],
    ['http://bücher.example/', /percent-encoded/],
    ['http://mirror.example\\@evil.example/', /backslash/],
    ['http:\\\\mirror.example/', /backslash/],
    ['http://mirror.example/\\', /backslash/],
    ['http://%6d.example/', /not a name/],
    ['http://127.0.0.1%2f.example/', /not a name/],
    ['http://-a.example/', /not a name/],
    ['http://a..example/', /not a name/],
    ['http://./', /not a name/],
    ['http://a,b/', /not a name/],
    ['http://a;b/', /not a name/],
    [`http://${'a'.repeat(64)}.example/`, /not a name/],
    [`http://h/${'a'.repeat(9000)}`, /longer than/],
    ['http://user:secret@mirror.example/', /credentials/],
    ['http://user@mirror.example/', /credentials/],
    ['http://@mirror.example/', /credentials/],
    ['http://mirror.example@evil.example/', /credentials/],
    ['http://mirror.example:80@evil.example:80/', /credentials/],
  ])('%j is refused: 400', (uri, reason) => {
    expect(messageFor(uri)).toMatch(reason);
  });
});

describe('the lists', () => {
  const nothing = { allowedSchemes: [], allowedPorts: [] };

  test.each<[string, Partial<ImportUriFilter>, boolean]>([
    ['http://h/', { allowedSchemes: ['https'] }, false],
    ['https://h/', { allowedSchemes: ['HTTPS'], disallowedSchemes: ['https'] }, true],
    ['http://h/', { allowedSchemes: [], disallowedSchemes: ['http'] }, false],
    ['https://h/', { allowedSchemes: [], disallowedSchemes: ['http'] }, true],
    ['ftp://h/', { allowedSchemes: ['ftp'] }, false],
    ['ftp://h/', nothing, false],
    ['http://mirror.example/', { allowedHosts: ['mirror.example'] }, true],
    ['http://mirror.example/', { allowedHosts: ['Mirror.Example.'] }, true],
    ['http://mirror.example./', { allowedHosts: ['mirror.example'] }, true],
    ['http://other.example/', { allowedHosts: ['mirror.example'] }, false],
    ['http://a.mirror.example/', { allowedHosts: ['mirror.example'] }, false],
    ['http://mirror.example/', { allowedHosts: ['mirror.example'], disallowedHosts: ['mirror.example'] }, true],
    ['http://mirror.example/', { disallowedHosts: ['mirror.example'] }, false],
    ['http://MIRROR.example./', { disallowedHosts: ['mirror.example'] }, false],
    ['http://other.example/', { disallowedHosts: ['mirror.example'] }, true],
    ['http://[0:0:0:0:0:0:0:1]/', { allowedHosts: ['::1'] }, true],
    ['http://[::1]/', { allowedHosts: ['[0::1]'] }, true],
    ['http://[::0001]/', { disallowedHosts: ['::1'] }, false],
    ['http://[::ffff:7f00:1]/', { disallowedHosts: ['127.0.0.1'] }, false],
    ['http://[::ffff:127.0.0.1]/', { disallowedHosts: ['::ffff:7f00:1'] }, false],
    ['http://h:8080/', { allowedPorts: [8080] }, true],
    ['http://h/', { allowedPorts: [8080] }, true],
    ['http://h:80/', { allowedPorts: [8080] }, false],
    ['http://h:80/', { allowedPorts: [], disallowedPorts: [80] }, false],
    ['http://h/', { allowedPorts: [], disallowedPorts: [80] }, true],
    ['http://h:8080/', { allowedPorts: [], disallowedPorts: [80] }, true],
    ['http://h:8080/', { allowedPorts: [8080], disallowedPorts: [8080] }, true],
    ['http://h:65536/', { allowedPorts: [] }, false],
    ['http://h/', nothing, true],
  ])('%s with %j is accepted: %s', (uri, filter, accepted) => {
    expect(isAccepted(uri, filter)).toBe(accepted);
  });
});

describe('what is accepted', () => {
  test('is read by a browser as it was read here', () => {
    const piece = fc.constantFrom(
      ['http', 'https', ':', '/', '//', '@', '\\', '?', '#', '.', '[', ']', '%', '80', '127', '0x7f', '0177', '::1'],
      ['a', 'Z', '_', '-', 'xn--', ' ', '\t', '\u00ad', '。', 'evil.example', '127.0.0.1', ',', ';', '0', '2130706433'],
    );
    const uris = fc.tuple(fc.constantFrom('http://', 'https://', ''), fc.array(piece, { maxLength: 7 }));
    fc.assert(
      fc.property(uris, ([start, pieces]) => {
        const uri = start + pieces.join('');
        if (!isAccepted(uri, { allowedPorts: [] })) return;
        const url = checkImportUri({ ...open, allowedPorts: [] }, uri);
        const seen = new URL(uri);
        expect(seen.protocol).toBe(`${url.scheme}:`);
        if (url.address === null || url.address.version === 4) {
          if (!seen.hostname.startsWith('[')) expect(seen.hostname).toBe(url.host);
        } else expect(seen.hostname).toBe(`[${url.host}]`);
        expect(seen.username + seen.password).toBe('');
        expect(seen.port === '' ? null : Number(seen.port)).toBe(
          url.port === (url.scheme === 'http' ? 80 : 443) ? null : url.port,
        );
      }),
      { numRuns: 5000 },
    );
  });

  test('and whatever is not raises 400 and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.webUrl(), (text, url) => {
        expect(['none', 'badRequest']).toContain(errorCodeOf(() => checkImportUri(open, text)));
        expect(['none', 'badRequest']).toContain(errorCodeOf(() => checkImportUri(open, url + text)));
      }),
    );
  });
});

describe('a message', () => {
  test.each([
    ['http://user:S3CRET@mirror.example:81/x', 'http://mirror.example:81/x is refused'],
    ['ftp://user:S3CRET@mirror.example/x', 'ftp://mirror.example/x is refused'],
    ['http://user:S3C/RET@mirror.example/', 'A URL of scheme http is refused'],
    ['http://a@b:S3CRET@mirror.example\\/', 'http://mirror.example\ufffd/ is refused'],
    ['http://mirror.example:81/x?X-Amz-Signature=S3CRET', 'http://mirror.example:81/x?… is refused'],
    ['http://mirror.example:81/x#S3CRET', 'http://mirror.example:81/x is refused'],
    [`http://h:81/${'p'.repeat(300)}?S3CRET`, `http://h:81/${'p'.repeat(188)}…?… is refused`],
    ['S3CRET', 'The URL is refused'],
  ])('about %s shows no secret', (uri, beginning) => {
    const message = messageFor(uri);
    expect(message).not.toContain('S3CRET');
    expect(message.replace('\\', '\ufffd').startsWith(beginning)).toBe(true);
  });
});
