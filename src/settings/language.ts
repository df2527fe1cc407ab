/** The languages that texts may be shown in (reference/org-and-settings.md 3.1), and those of them that an instance allows. */
import type { Restrictions } from '../access/policy.ts';

export const languages: readonly string[] = 'ar bg cs de en es fr hu id it ja ko mk nl pl pt ro ru sv tr uk zh'.split(' ');
/** Of texts that are in no other, and of an instance that is given none. */
export const DEFAULT_LANGUAGE = 'en';

export const allowedLanguages = ({ allowedLanguages: chosen }: Restrictions): readonly string[] =>
  chosen.length === 0 ? languages : languages.filter((language) => chosen.includes(language));

/** The one of these that a tag means; undefined where it is none of them. */
export function supportedLanguage(tag: string): string | undefined {
  const language = languageOf(tag)?.toString();
  return language !== undefined && languages.includes(language) ? language : undefined;
}

/** The language of a tag (BCP 47), in its usual form; undefined where it is none. */
export function languageOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}
