/** The guides do what they say: every command in them is run against real nodes, in a folder of its own, and what it prints is held against what is shown. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '../support/node.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Walk, walk } from './guide.ts';
import { postgresPrograms, postgresUser, startPostgres } from './postgres.ts';
import { Terminal } from './terminal.ts';

/** The ports that guides name. Here each is one that is free. */
async function ports(...named: readonly number[]): Promise<(readonly [string, string])[]> {
  return Promise.all(named.map(async (port) => [String(port), String(await freePort())] as const));
}

const missing = (program: string, path = process.env.PATH ?? ''): string | undefined =>
  path.split(delimiter).some((folder) => isProgram(join(folder, program))) ? undefined : `there is no ${program} on this machine`;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As `npm start` begins it: on the embedded database, with everything in the folder of the guide. */
async function onEmbedded(): Promise<Walk> {
  const instead = await ports(8080);
  const terminal = new Terminal((folder) => ({
    KEYWARD_DATA_DIR: join(folder, 'data'),
    KEYWARD_PORT: instead[0]![1],
    KEYWARD_LOG_LEVEL: 'error',
  }));
  return { terminal, instead, postgresUser: undefined };
}

walk('getting-started.md', missing, onEmbedded);

for (const page of ['offboarding.md', 'security.md'])
  walk(page, missing, async () => {
    const begun = await onEmbedded();
    await begun.terminal.serve('keyward', 'npm start', (printed) => printed.includes('is ready'));
    return begun;
  });

const path = [postgresPrograms, process.env.PATH, '/usr/sbin'].filter((folders) => folders !== undefined).join(delimiter);
const lacks = (program: string): string | undefined =>
  program !== 'postgresql' ? missing(program, path) : postgresPrograms ? undefined : 'there is no PostgreSQL on this machine';

/** Without a PostgreSQL of the machine Keyward's own commands are run all the same, on that of the tests. */
const database = postgresPrograms === undefined ? await testDatabase('empty') : undefined;

walk('operations.md', lacks, async () => {
  const named = await ports(8080, 8081, 8082, 8443, 5432, 5433);
  const [, port = ''] = named[0] ?? [];
  const [, databasePort = ''] = named[4] ?? [];
  const terminal = new Terminal((folder) => ({
    PATH: path,
    KEYWARD_DATA_DIR: join(folder, 'data'),
    KEYWARD_PORT: port,
    KEYWARD_LOG_LEVEL: 'error',
    ...(postgresPrograms === undefined ? {} : startPostgres(folder, databasePort)),
  }));
  const instead = database ? [['postgres://keyward:secret@localhost:5432/keyward', database.url] as const, ...named] : named;
  return { terminal, instead, postgresUser };
});
