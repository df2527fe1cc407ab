/** What a field means: by its name (field-names.ts), else by the ending of its name. */
import { fieldNames } from './field-names.ts';

/** By the ending of the name, where the name itself is not in the table. */
const endings: readonly (readonly [RegExp, (rest: string) => string])[] = [
  [/^in(\w+?)s(?:Filter|Query)$/, (rest) => `Only entries with one of these ${rest}s.`],
  [/^(\w+)(?:Filter|Query)$/, (rest) => `Only entries whose ${rest} matches.`],
  [/^(\w+)Ids$/, (rest) => `Ids: ${rest}.`],
  [/^(\w+)I[dD]$/, (rest) => `Id: ${rest}.`],
  [/^(\w+)Date$/, (rest) => `Time of ${rest}.`],
  [/^(?:is|has)([A-Z]\w+)$/, (rest) => `Whether it is so: ${rest}.`],
  [/^(\w+)(?:Uri|Url|Link)$/, (rest) => `Address: ${rest}.`],
  [/^(\w+)Attribute$/, (rest) => `The attribute that holds: ${rest}.`],
  [/^(\w+)ColorDark$/, (rest) => `Colour in the dark theme: ${rest}.`],
  [/^(\w+)Dark$/, (rest) => `For the dark theme: ${rest}.`],
  [/^(\w+)$/, (rest) => `${rest.charAt(0).toUpperCase()}${rest.slice(1)}.`],
];

/** The meaning of a field of a message (its name without the package). */
export function fieldText(message: string, name: string): string {
  const known = fieldNames[`${message}.${name}`] ?? fieldNames[name];
  if (known !== undefined) return known;
  for (const [pattern, text] of endings) {
    const [, rest] = pattern.exec(name) ?? [];
    if (rest !== undefined) return text(words(rest));
  }
  return name;
}

/** `expirationDate` → `expiration date` */
export const words = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
