/** `npm run generate`: writes every generated file of the repository again; `npm run check` holds them against the same functions. */
import { writeFileSync } from 'node:fs';
import { configurationDocs } from '../src/config/docs.ts';
import { generateContract } from './contract/generate.ts';

generateContract();
console.log('generate: proto/zitadel and src/contract/gen are written.');
writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationDocs());
console.log('generate: docs/configuration.md is written.');
// Loaded here, since it reads the contract that was just written.
const { coverageDocs } = await import('./coverage.ts');
writeFileSync(new URL('../docs/api-coverage.md', import.meta.url), await coverageDocs());
console.log('generate: docs/api-coverage.md is written.');
const { permissionData } = await import('./permissions.ts');
writeFileSync(new URL('../src/docs/permissions.json', import.meta.url), permissionData());
console.log('generate: src/docs/permissions.json is written.');
