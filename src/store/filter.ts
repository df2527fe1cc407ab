/** Filters of lists as parts of a statement: the text and time methods of object.v2 and filter.v2 (reference/instance-and-setup.md 14 to 16). */
import type { Moment } from '../time/timestamp.ts';
import type { Fragment, Sql } from './connect.ts';

/** TextQueryMethod and TextFilterMethod, by number. */
export const TEXT_METHODS = [
  'equals',
  'equals ignoring case',
  'starts with',
  'starts with ignoring case',
  'contains',
  'contains ignoring case',
  'ends with',
  'ends with ignoring case',
] as const;

/** How a column of text is compared; `%`, `_` and `\` of the client stand for themselves. */
export function textFilter(sql: Sql, column: Fragment, method: number, value: string): Fragment {
  const name = TEXT_METHODS[method];
  const pattern = likeLiteral(value);
  switch (name) {
    case 'equals':
      return sql`${column} = ${value}`;
    case 'equals ignoring case':
      return sql`lower(${column}) = lower(${value})`;
    case 'starts with':
      return sql`${column} like ${`${pattern}%`}`;
    case 'starts with ignoring case':
      return sql`lower(${column}) like lower(${`${pattern}%`})`;
    case 'contains':
      return sql`${column} like ${`%${pattern}%`}`;
    case 'contains ignoring case':
      return sql`lower(${column}) like lower(${`%${pattern}%`})`;
    case 'ends with':
      return sql`${column} like ${`%${pattern}`}`;
    case 'ends with ignoring case':
      return sql`lower(${column}) like lower(${`%${pattern}`})`;
    default:
      return sql`false`;
  }
}

/** A text as part of a pattern of `like`, in which it stands for itself. */
export const likeLiteral = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** TimestampFilterMethod, by number: equals, after, after or equals, before, before or equals. */
export function timestampFilter(sql: Sql, column: Fragment, method: number, moment: Moment | undefined): Fragment {
  const operator = [sql`=`, sql`>`, sql`>=`, sql`<`, sql`<=`][method];
  return operator && moment ? sql`${column} ${operator} ${sql.typed.timestamp(moment)}` : sql`false`;
}

/** Conditions that must all hold, or of which one must; without any: true. */
export function joined(sql: Sql, conditions: readonly Fragment[], by: 'and' | 'or'): Fragment {
  if (conditions.length === 0) return sql`true`;
  return sql`(${conditions.reduce((all, next) => (by === 'and' ? sql`${all} and ${next}` : sql`${all} or ${next}`))})`;
}

/** What is asked of each of them holds. */
export const every = <T>(sql: Sql, items: readonly T[], condition: (item: T) => Fragment): Fragment =>
  joined(sql, items.map(condition), 'and');

/** Parts with commas between them; at least one. */
export function commas(sql: Sql, parts: readonly Fragment[]): Fragment {
  return parts.reduce((all, next) => sql`${all}, ${next}`);
}

/** A list of byte strings as hexadecimal text, for `decode(…, 'hex')`: the driver has no arrays of bytea. */
export function hex(values: Iterable<Uint8Array>): string[] {
  return Array.from(values, (value) => Buffer.from(value).toString('hex'));
}
