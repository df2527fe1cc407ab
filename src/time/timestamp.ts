/** Moments between the database and protobuf, with all microseconds. A JavaScript Date keeps milliseconds only and would lose the rest. */

/** The fields of a google.protobuf.Timestamp: seconds since 1970, and 0–999,999,999 ns after them. */
export interface Moment {
  readonly seconds: bigint;
  readonly nanos: number;
}

// 2026-07-10 09:08:07.123456+02, +05:30, -03:30:15 (local mean time); years may have more than four digits, or BC behind
const written =
  /^([0-9]{4,6})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2}))?)?)( BC)?$/;

/** What the connections of this program give, since their time zone is UTC: read by its places, four times as fast, some on every call. */
const usual = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?\+00$/;

/** The first and the last moment of google.protobuf.Timestamp. PostgreSQL knows more of them, JSON no others. */
const FIRST: Moment = { seconds: -62_135_596_800n, nanos: 0 };
const LAST: Moment = { seconds: 253_402_300_799n, nanos: 999_999_999 };

/** `0001-01-01T00:00:00Z`, which the original tells as the date of what did not happen. */
export const NEVER = FIRST;

/** Reads a timestamptz as PostgreSQL writes it, whatever the time zone of the connection. What lies beyond is the first or last moment that protobuf knows. */
export function timestampFromPg(text: string): Moment {
  return usual.test(text) ? byPlaces(text) : byParts(text);
}

function byPlaces(text: string): Moment {
  const two = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 48; // 48: the digit 0
  const ms = Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17));
  return { seconds: BigInt(ms / 1000), nanos: Number(text.slice(20, -3).padEnd(9, '0')) };
}

function byParts(text: string): Moment {
  if (text === 'infinity') return LAST;
  if (text === '-infinity') return FIRST;
  const parts = written.exec(text);
  if (parts === null) throw new Error(`not a timestamp with time zone: ${text}`);
  const [
    ,
    year,
    month,
    day,
    hours,
    minutes,
    seconds,
    fraction = '',
    ,
    sign,
    offsetHours = '0',
    offsetMinutes = '0',
    offsetSeconds = '0',
    before,
  ] = parts;
  const local = new Date(0);
  local.setUTCFullYear(before === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hours), Number(minutes), Number(seconds));
  const offset = (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60 + Number(offsetSeconds)) * (sign === '-' ? -1 : 1);
  const moment = { seconds: BigInt(local.getTime() / 1000 - offset), nanos: Number(fraction.padEnd(9, '0')) };
  return moment.seconds > LAST.seconds ? LAST : moment.seconds < FIRST.seconds ? FIRST : moment;
}

/** Writes a moment so that PostgreSQL reads it to the microsecond; what lies below is cut off. */
export function timestampToPg({ seconds, nanos }: Moment): string {
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  const rest = date.toISOString().slice(-19, -5); // -MM-DDThh:mm:ss, after a year of any length
  const micros = String(Math.trunc(nanos / 1000)).padStart(6, '0');
  return `${shown}-${rest.replace(/^-/, '')}.${micros}+00${year > 0 ? '' : ' BC'}`;
}
