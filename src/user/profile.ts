/** Describing data of a human: how what a request sets is read. */

/** Names of the languages that are known; nothing for those that are not. */
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** The language of a tag as the original reads it: leniently; what is no tag, or of no known language, is `und` (reference/user-service-v2.md 2.4). */
export function languageTag(given: string | undefined): string {
  if (given === undefined || given === '') return 'und';
  try {
    const locale = new Intl.Locale(given.replaceAll('_', '-'));
    return languages.of(locale.language) === undefined ? 'und' : locale.toString();
  } catch {
    return 'und';
  }
}
