/** Keyward: the one place where everything is plugged together. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Types are stripped and code is compiled once, not on every start and in every worker. Where the folder cannot be written, as before.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/keyward'));

const [{ run }, instances, { startServer }] = await Promise.all([
  import('./cli/program.ts'),
  import('./instance/operate.ts'),
  import('./server.ts'),
]);
await run(process.argv, { startServer, instances });
