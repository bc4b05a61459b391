/**
 * The values of filters on text columns: `V`, `eq:V` or `in:V1,V2`. Source: contract 02 §9.2.
 * Differs: a quotation mark escaped inside a list item loses its backslash, so that names with one can be found.
 */
import { parseIsoTime } from '../../lib/iso-time.ts';
import { badRequest } from '../errors.ts';
import { quoteForMessage } from '../text-rules.ts';

/** The values of which the column must equal one; none at all for an empty list. An unknown operator is a 400. */
export function parseTextFilterValues(parameter: string, text: string): readonly string[] {
  const colon = text.indexOf(':');
  // A time of day has colons, too, and is a value.
  if (colon === -1 || parseIsoTime(text) !== null) return [text];
  const [operator, operand] = [text.slice(0, colon), text.slice(colon + 1)];
  if (operator === 'eq') return [operand];
  if (operator === 'in') return parseValueList(parameter, operand);
  throw badRequest(
    `The parameter ${parameter} knows the operators eq and in, not ${quoteForMessage(operator)}. ` +
      `A value with a colon is written eq:VALUE.`,
  );
}

/** More values in one list would be more than a database takes in one statement. */
const mostValues = 1000;

/**
 * Items are separated by commas; one that contains a comma is wrapped in quotation marks. Inside those, `\"` is a
 * quotation mark and `\\` a backslash. Nothing is trimmed, and one comma at the end adds no item.
 */
function parseValueList(parameter: string, list: string): readonly string[] {
  const items: string[] = [];
  let position = 0;
  while (position < list.length) {
    const item = list[position] === '"' ? quotedItem(list, position) : plainItem(list, position);
    if (item === null) {
      throw badRequest(
        `The parameter ${parameter} has a misplaced quotation mark: ` +
          `an item of a list is quoted whole or not at all, and a mark inside is written \\".`,
      );
    }
    items.push(item.value);
    position = item.end + 1;
  }
  const values = [...new Set(items)];
  if (values.length <= mostValues) return values;
  throw badRequest(`The parameter ${parameter} lists more than ${mostValues} values; ask in several requests.`);
}

/** `end` is where the comma behind the item is, or would be. */
interface ListItem {
  readonly value: string;
  readonly end: number;
}

function quotedItem(list: string, start: number): ListItem | null {
  const pattern = /"([^"\\]*(?:\\[^][^"\\]*)*)"(?=,|$)/y;
  pattern.lastIndex = start;
  const match = pattern.exec(list);
  if (match === null) return null;
  return { value: (match[1] ?? '').replaceAll(/\\(["\\])/g, '$1'), end: pattern.lastIndex };
}

function plainItem(list: string, start: number): ListItem | null {
  const comma = list.indexOf(',', start);
  const end = comma === -1 ? list.length : comma;
  const text = list.slice(start, end);
  if (/(?<!\\)"/.test(text)) return null;
  return { value: text.replaceAll('\\"', '"'), end };
}
