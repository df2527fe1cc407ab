/**
 * Writes src/docs/permissions.json: what each served RPC asks of its caller, from the table that the tests hold the product against
 * (test/permission/rows.ts). scripts/generate.ts calls it, and `npm run check` compares.
 */
import { betaRows } from '../test/permission/beta-rows.ts';
import { pathOf, type Row, rows } from '../test/permission/rows.ts';

export function permissionData(): string {
  const byPath = [...Map.groupBy([...rows, ...betaRows], pathOf)].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = byPath.map(([path, some]) => {
    const needs = [...new Set(some.map(needOf))];
    return `  ${JSON.stringify(path)}: [${needs.join(', ')}]`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** In one order, so that equal ones are equal texts. */
function needOf({ on, needs, or, self }: Row): string {
  const entries = Object.entries({ on, needs, or, self }).filter(([, value]) => value !== undefined);
  return `{ ${entries.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(', ')} }`;
}
