/** The guides do what they say: every command in them is run against real nodes, in a folder of its own, and what it prints is held against what is shown. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '../support/node.ts';
import { type Walk, walk } from './guide.ts';
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
  return { terminal, instead, missing, postgresUser: undefined };
}

walk('getting-started.md', onEmbedded);

walk('offboarding.md', async () => {
  const begun = await onEmbedded();
  await begun.terminal.serve('keyward', 'npm start', (printed) => printed.includes('is ready'));
  return begun;
});
