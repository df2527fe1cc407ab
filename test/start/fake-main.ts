/** Keyward's command line around a server that knows three paths, so that starting and ending can be tested without the rest. */
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Instances, StartServer } from '../../src/cli/ports.ts';
import { run } from '../../src/cli/program.ts';

const startServer: StartServer = async ({ config, store }) => {
  const servers = await Promise.all(
    config.host.map((host) => {
      const server = createServer(async (request, response) => {
        if (request.url === '/slow') await pause(600);
        if (request.url === '/die') process.kill(process.pid, 'SIGKILL');
        const [row] = await store.run<{ name: string }>((sql) => sql`select name from keyward_meta where name = 'masterkey'`);
        response.end(`${row?.name} ${process.pid}`);
      });
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, host, () => resolve(server));
      });
    }),
  );
  return { close: async () => void (await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))) };
};

const instances: Instances = {
  exists: async (sql) => {
    await sql`create table if not exists fake_instances (id text primary key, pat text not null)`;
    return (await sql`select 1 from fake_instances`).length > 0;
  },
  createFirst: async (sql) => {
    const first = {
      instanceId: '1',
      adminLoginName: 'admin',
      adminPassword: `password-${process.pid}`,
      adminPat: `pat-${process.pid}`,
      demoUserId: '77',
    };
    await sql`insert into fake_instances values (${first.instanceId}, ${first.adminPat})`;
    return first;
  },
  adoptDomain: async () => undefined,
  add: async (_, { name }) => ({ instanceId: '2', adminLoginName: name, adminPassword: 'secret-password', adminPat: 'secret-pat' }),
  list: async () => [{ instanceId: '1', name: 'First', state: 'running', domains: ['localhost'] }],
  ownerPat: async () => ({ pat: 'owner-pat', userId: '5', loginName: 'admin' }),
  block: async () => undefined,
};

await run(process.argv, { startServer, instances, writeDocs: async () => 0 });
