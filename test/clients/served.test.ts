/** The README says what is served, no more and no less. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { readmeFile, servedIn, servedTable } from './served.ts';

it('the README lists the RPCs that are served', async () => {
  const isCurrent = servedIn(readFileSync(readmeFile, 'utf8')) === (await servedTable());
  assert.ok(isCurrent, 'what is served has changed: `npx node test/clients/served.ts` writes the table of the README anew');
});
