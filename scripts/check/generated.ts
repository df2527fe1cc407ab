/** What is generated equals what generating again gives. A program of its own: it takes seconds, beside the other checks. */
import { configurationDocs } from '../../src/config/docs.ts';
import { staleContractFiles } from '../contract/generate.ts';
import { coverageDocs } from '../coverage.ts';
import { permissionData } from '../permissions.ts';
import { files, textOf } from './repository.ts';

const docs: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationDocs(),
  'docs/api-coverage.md': await coverageDocs(),
  'src/docs/permissions.json': permissionData(),
};
const present = files();
const staleDocs = Object.keys(docs).filter((name) => !present.includes(name) || textOf(name) !== docs[name]);
const stale = [...staleDocs, ...staleContractFiles()];
for (const name of stale) console.log(`${name} is not what \`npm run generate\` writes`);
process.exitCode = stale.length === 0 ? 0 : 1;
