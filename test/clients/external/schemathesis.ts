/** schemathesis, from PyPI, over the OpenAPI document that a node gives: requests of its own making, against that node. Run by `npm run test:clients`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { startKeyward } from '../keyward.ts';
import { installing, shell } from './shell.ts';

const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';
/** What answers 501 in parts (test/docs/fuzz.test.ts), and what could end the caller himself, since it sends ids that it was answered. */
const EXCLUDED =
  '(StartIdentityProviderIntent|CreateApplication|Administrator|(Organization|User)Features|(Lock|Deactivate|Delete|Remove)\\w*(User|Member|Org))';

const keyward = await startKeyward();
const { folder, missing } = await installing('schemathesis', [], ['python3 -m venv venv', 'venv/bin/pip install --quiet schemathesis']);

it('the answers to requests of schemathesis are those of the document', {
  ...(missing === undefined ? {} : { skip: missing }),
}, async () => {
  const document = (await (await fetch(`${keyward.url}/docs/openapi.json`)).json()) as Document;
  // It allows an owner to end the last one.
  for (const item of Object.values(document.paths))
    for (const operation of Object.values(item))
      operation.parameters = operation.parameters?.filter(({ name }) => name !== 'x-keyward-allow-last-owner') ?? [];
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document));
  const { exit, out } = await shell(
    `venv/bin/schemathesis run openapi.json --url '${keyward.url}' -H "Authorization: Bearer $TOKEN" --checks ${CHECKS} --phases fuzzing --max-examples 3 --suppress-health-check all --no-color --workers 2 --exclude-operation-id-regex '${EXCLUDED}'`,
    folder,
    { TOKEN: keyward.owner },
  );
  console.log(/=+ SUMMARY =+.*/s.exec(out)?.[0] ?? '');
  assert.equal(exit, 0, out);
});

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { parameters?: readonly { readonly name: string }[] }>>>>;
}
