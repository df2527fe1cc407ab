/** `npm run generate`: writes every generated file of the repository again. */
import { generateContract } from './contract/generate.ts';

generateContract();
console.log('generate: proto/zitadel and src/contract/gen are written.');
