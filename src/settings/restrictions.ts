/** What an instance restricts: registration of organizations by anyone, and the languages of its texts. */
import type { Call } from '../access/call.ts';
import { defaults, type Restrictions } from '../access/policy.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { languages } from './language.ts';
import { changePolicy, type Done, readPolicy, type Shown } from './policy.ts';

export const readRestrictions = (call: Call): Promise<Shown<'restrictions'>> => readPolicy(call, 'restrictions', 'instance');

/** What is left out stays as it is. The default language cannot be forbidden, since every text falls back to it. */
export async function setRestrictions(
  call: Call,
  given: { readonly [K in keyof Restrictions]: Restrictions[K] | undefined },
): Promise<Done> {
  const patch = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Restrictions>; // of its own names
  const { allowedLanguages = defaults.restrictions.allowedLanguages } = patch;
  if (allowedLanguages.some((language) => !languages.includes(language))) throw new Failure(errors.languageUnknown);
  if (allowedLanguages.length > 0 && !allowedLanguages.includes(call.instance.defaultLanguage))
    throw new Failure(errors.defaultLanguageForbidden);
  return changePolicy(call, 'restrictions', 'instance', patch);
}
