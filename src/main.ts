/** Keyward: the one place where everything is plugged together. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Types are stripped and code is compiled once, not on every start and in every worker. Where the folder cannot be written, as before.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/keyward'));

const [{ run }, instances, { services, startServer }] = await Promise.all([
  import('./cli/program.ts'),
  import('./instance/operate.ts'),
  import('./server.ts'),
]);
await run(process.argv, {
  startServer,
  instances,
  async writeDocs(folder, site) {
    const { writeDocs } = await import('./docs/build.ts');
    return writeDocs(folder, (path) => services.some((service) => service.has(path)), site);
  },
});
