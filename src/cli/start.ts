/** `keyward start`: database, schema, first instance, then serving, in this process or in several workers; and the way back. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseAddress } from '../config/database-url.ts';
import type { Config } from '../config/settings.ts';
import { Masterkey } from '../crypto/masterkey.ts';
import type { Log } from '../log/log.ts';
import { connect } from '../store/connect.ts';
import type { Gather } from '../transport/metrics.ts';
import { banner } from './banner.ts';
import { type Database, ownDatabase } from './database.ts';
import { gatherFromAll } from './gathering.ts';
import { Life } from './life.ts';
import { cannotListen, checkPort } from './port.ts';
import type { Parts } from './ports.ts';
import { type Prepared, prepare } from './prepare.ts';
import { settle } from './settle.ts';
import { version } from './version.ts';
import { Workers } from './workers.ts';

/** Resolves when Keyward serves; from then on a signal ends the process. Rejects when it cannot start, with everything ended again. */
export async function start(wanted: Config, parts: Parts, log: Log): Promise<void> {
  const life = new Life(log);
  life.followSignals();
  life.followErrors();
  try {
    const config = await checkPort(wanted);
    const database = await ownDatabase(config, log);
    await life.add({ name: 'the database', close: database.close, kill: database.kill });
    const prepared = await prepare(database.address, config, parts.instances, log);

    if (config.workers === 1) await serve(config, database.address, prepared.masterkey, parts, log, life);
    else await serveByWorkers(config, database, prepared, log, life);

    if (life.ending) return await pause(2 ** 31 - 1); // until the end, which a signal has begun, is there
    database.watchDisk();
    settle();
    process.stdout.write(banner(config, database, prepared.demoUserId, version()));
    log.info({ version: version(), port: config.port, host: config.host, workers: config.workers }, 'ready');
  } catch (error) {
    if (life.ending) return await pause(2 ** 31 - 1); // the error comes from being ended
    await life.end();
    throw error;
  }
}

/** Opens the pools and listens. */
export async function serve(
  config: Config,
  address: DatabaseAddress,
  masterkey: Masterkey,
  parts: Parts,
  log: Log,
  life: Life,
  gather?: Gather,
): Promise<void> {
  const store = connect(address, config);
  await life.add({ name: 'the database connections', close: () => store.close() });
  const server = await parts.startServer({ config, store, masterkey, log, gather }).catch((error: unknown) => {
    throw cannotListen(error, config.port);
  });
  await life.add({ name: 'the server', close: () => Promise.race([server.close(), pause((config.shutdownSeconds + 2) * 1000)]) });
}

async function serveByWorkers(config: Config, database: Database, prepared: Prepared, log: Log, life: Life): Promise<void> {
  const workers = new Workers(config, { address: database.address, masterkey: prepared.masterkey.export().toString('base64') }, log);
  await life.add({ name: 'the workers', close: () => workers.stop(), kill: () => workers.kill() });
  await workers.start();
}

/** What a worker does, with what the first process tells it. */
export async function work(wanted: Config, parts: Parts, log: Log): Promise<void> {
  // A Ctrl-C at the terminal reaches the workers too; when they end is for the first process to say.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  const life = new Life(log);
  life.followErrors();
  const told = await new Promise<Told>((resolve) => process.once('message', (message) => resolve(message as Told))); // sent by Workers
  process.on('message', (message) => message === 'stop' && void life.exit(0));
  try {
    const config = { ...wanted, host: told.host };
    await serve(config, told.address, new Masterkey(Buffer.from(told.masterkey, 'base64')), parts, log, life, gatherFromAll);
    settle();
    process.send?.({ ready: true });
  } catch (error) {
    await life.end();
    process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  }
}

interface Told {
  readonly address: DatabaseAddress;
  readonly masterkey: string;
  readonly host: string[];
}
