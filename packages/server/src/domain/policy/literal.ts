/**
 * The left side of a check when it is a value of its own: `'public'`, `42`, `True`, `None`. It is written as in
 * Python and compared as Python prints it. Source: contract 10 §4.1.
 */

const quoted = /^(['"])((?:\\.|(?!\1)[^\\\n])*)\1$/;
const decimalInteger = /^(?:0(?:_?0)*|[1-9](?:_?\d)*)$/;
const prefixedInteger = /^0(?:x(?:_?[\da-f])+|o(?:_?[0-7])+|b(?:_?[01])+)$/i;
const decimalFraction = /^(?:\d(?:_?\d)*\.?|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*)(?:e[+-]?\d(?:_?\d)*)?$/i;

/** The text the literal is compared as, or null when `source` is no literal but a path into the credentials. */
export function parseLiteral(source: string): string | null {
  if (source === 'True' || source === 'False' || source === 'None') return source;
  const string = quoted.exec(source);
  if (string !== null) return unescape(string[2] ?? '');
  const sign = /^[+-]/.exec(source)?.[0] ?? '';
  const magnitude = parseMagnitude(source.slice(sign.length));
  if (magnitude === null) return null;
  return sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

function parseMagnitude(source: string): string | null {
  const digits = source.replaceAll('_', '');
  if (decimalInteger.test(source) || prefixedInteger.test(source)) return String(BigInt(digits));
  // An integer with leading zeros is an error in Python, and so no literal here.
  if (!decimalFraction.test(source) || /^\d+$/.test(digits)) return null;
  return printFloat(Number(digits));
}

/** Python prints exponents from 1e16 upwards and below 1e-4, with two digits, and always a fraction otherwise. */
function printFloat(value: number): string {
  if (!Number.isFinite(value)) return 'inf';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent >= 16 || exponent < -4)) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = exponent < 0 ? value.toFixed(mantissa.replace('.', '').length - 1 - exponent) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What is no escape stays as it is, its backslash included. */
function unescape(body: string): string {
  return body.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|.)/g, (whole: string, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return simpleEscapes[escape] ?? whole;
  });
}
