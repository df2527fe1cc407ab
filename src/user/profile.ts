/** Describing data of a human: what a request may set, column by column. */

/** The language of a tag as the original reads it: leniently; whatever is no tag is `und` (reference/user-service-v2.md 2.4). */
export function languageTag(given: string | undefined): string {
  if (given === undefined || given === '') return 'und';
  try {
    return new Intl.Locale(given.replaceAll('_', '-')).toString();
  } catch {
    return 'und';
  }
}
