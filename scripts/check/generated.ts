/** What is generated equals what generating again gives. A program of its own: it takes seconds, beside the other checks. */
import { configurationDocs } from '../../src/config/docs.ts';
import { staleContractFiles } from '../contract/generate.ts';
import { files, textOf } from './repository.ts';

const docs = 'docs/configuration.md';
const isCurrent = files().includes(docs) && textOf(docs) === configurationDocs();
const stale = [...(isCurrent ? [] : [docs]), ...staleContractFiles()];
for (const name of stale) console.log(`${name} is not what \`npm run generate\` writes`);
process.exitCode = stale.length === 0 ? 0 : 1;
