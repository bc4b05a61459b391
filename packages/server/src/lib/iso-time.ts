/**
 * Points in time as clients of OpenStack write them: ISO 8601 in its extended or basic form, from a bare year to
 * fractions of a second, with a blank for the `T` if they like. What is left out is the beginning of the period, a
 * missing zone is UTC. Source: contract 02 §9.2.
 */

const pattern = new RegExp(
  '^(?<year>\\d{4})(?:-(?<month>\\d{2})(?:-(?<day>\\d{2}))?|(?<basicMonth>\\d{2})(?<basicDay>\\d{2}))?' +
    '(?:[T ](?<hour>\\d{2})(?::?(?<minute>\\d{2})(?::?(?<second>\\d{2})(?:[.,](?<fraction>\\d+))?)?)?' +
    '(?<zone>Z|[+-]\\d{2}(?::?\\d{2})?)?)?$',
);

/** Gives null for what is no point in time, such as a 30th of February. Fractions are cut to milliseconds. */
export function parseIsoTime(text: string): Date | null {
  const parts = pattern.exec(text)?.groups;
  if (parts === undefined) return null;
  const day = parts['day'] ?? parts['basicDay'];
  // A time of day needs a whole date to belong to.
  if (parts['hour'] !== undefined && day === undefined) return null;
  const date = `${parts['year']}-${parts['month'] ?? parts['basicMonth'] ?? '01'}-${day ?? '01'}`;
  const clock = `${parts['hour'] ?? '00'}:${parts['minute'] ?? '00'}:${parts['second'] ?? '00'}`;
  const milliseconds = (parts['fraction'] ?? '').slice(0, 3).padEnd(3, '0');
  const local = new Date(`${date}T${clock}.${milliseconds}Z`);
  const offsetMinutes = zoneOffsetMinutes(parts['zone'] ?? 'Z');
  // JavaScript reads the 31st of a month of 30 days as the 1st of the next.
  if (offsetMinutes === null || Number.isNaN(local.getTime()) || !local.toISOString().startsWith(date)) return null;
  return new Date(local.getTime() - offsetMinutes * 60_000);
}

/** Minutes the zone is ahead of UTC, or null when no zone is that far away. */
function zoneOffsetMinutes(zone: string): number | null {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))];
  if (hours > 23 || minutes > 59) return null;
  return (hours * 60 + minutes) * (zone.startsWith('-') ? -1 : 1);
}
