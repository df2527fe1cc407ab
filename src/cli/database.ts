/** Opens the database of the configuration: the one of the URL, else the embedded one, which is started or, where another keyward runs it, shared. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseAddress, parseDatabaseUrl } from '../config/database-url.ts';
import type { Config } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import type { Log } from '../log/log.ts';
import { makeDataDir } from '../store/data-dir.ts';
import { attachEmbedded, startEmbedded } from '../store/embedded.ts';

export interface Database {
  readonly address: DatabaseAddress;
  /** Folder of the embedded cluster. */
  readonly embeddedIn: string | undefined;
  /** From now on a full disk of the embedded database turns changes off, and space turns them on again. */
  watchDisk(): void;
  close(): Promise<void>;
  kill(): void;
}

/** For `start`, which owns the embedded database. */
export async function ownDatabase(config: Config, log: Log): Promise<Database> {
  const external = externalDatabase(config);
  if (external) return external;
  const embedded = await startEmbedded({
    dataDir: config.dataDir,
    connections: config.workers * (config.databaseConnections + config.databaseReadConnections + config.databaseListConnections),
    onRestart: (reason) => log.error({ reason }, 'the embedded PostgreSQL ended by itself and is started again'),
  });
  return {
    address: embedded.address,
    embeddedIn: join(config.dataDir, 'postgres'),
    watchDisk: () =>
      embedded.watchDisk(({ changes, bytesFree }) =>
        changes === 'off'
          ? log.error({ bytesFree }, 'the disk of the embedded PostgreSQL is nearly full: changes are refused until there is space')
          : log.info({ bytesFree }, 'there is space on the disk of the embedded PostgreSQL: changes are taken again'),
      ),
    close: embedded.stop,
    kill: embedded.kill,
  };
}

/** For commands that run beside a server, or without one. */
export async function shareDatabase(config: Config, log: Log, make: 'may make it' | 'must exist'): Promise<Database> {
  const external = externalDatabase(config);
  if (external) return external;
  const cluster = join(config.dataDir, 'postgres');
  if (make === 'must exist' && !existsSync(cluster)) {
    throw new CannotStart(
      `There is no database in ${config.dataDir} yet; start keyward once, or set KEYWARD_DATA_DIR or KEYWARD_DATABASE_URL.`,
    );
  }
  const address = attachEmbedded(config.dataDir);
  if (!address) return ownDatabase(config, log);
  return { address, embeddedIn: cluster, ...borrowed };
}

function externalDatabase(config: Config): Database | undefined {
  if (config.databaseUrl === undefined) return undefined;
  const { address } = parseDatabaseUrl(config.databaseUrl);
  if (!address) throw new CannotStart('KEYWARD_DATABASE_URL is not a PostgreSQL URL.', 78); // loadConfig has looked already
  makeDataDir(config.dataDir);
  return { address, embeddedIn: undefined, ...borrowed };
}

/** What belongs to others is not ended here. */
const borrowed = { watchDisk: () => undefined, close: async () => undefined, kill: () => undefined };
