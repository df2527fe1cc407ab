/** The domain that every organization has by its name (reference/instance-and-setup.md 3). */

/** A name as a part of a domain: blanks become dashes; letters, digits and dashes stay; at most 63. Empty where nothing stays. */
export function domainLabel(name: string): string {
  return name
    .trim()
    .replace(/\s+/g, '-')
    .replace(/[^A-Za-z0-9-]/g, '')
    .toLowerCase()
    .slice(0, 63);
}
