/** `keyward instance add | list | pat | block | unblock`: what an operator on the machine itself may do, beside a running server or without one. */
import type { Config } from '../config/settings.ts';
import type { Log } from '../log/log.ts';
import { connect, type Store } from '../store/connect.ts';
import { shareDatabase } from './database.ts';
import type { Instances } from './ports.ts';
import { prepare } from './prepare.ts';

/** Secrets are printed once, to stdout only. */
export const addInstance = (config: Config, log: Log, instances: Instances, wanted: { name: string; domain: string }): Promise<void> =>
  withStore(config, log, 'may make it', async (store) => {
    const { instanceId, adminLoginName, adminPassword, adminPat } = await instances.add(store, wanted, config);
    return [`instance   ${instanceId}`, `login name ${adminLoginName}`, `password   ${adminPassword}`, `pat        ${adminPat}`];
  });

export const listInstances = (config: Config, log: Log, instances: Instances): Promise<void> =>
  withStore(config, log, 'must exist', async (store) =>
    (await instances.list(store)).map(({ instanceId, name, state, domains }) => [instanceId, state, domains.join(','), name].join('\t')),
  );

export const makeOwnerPat = (config: Config, log: Log, instances: Instances, instanceId: string | undefined): Promise<void> =>
  withStore(config, log, 'must exist', async (store) => {
    const { pat, userId, loginName } = await instances.ownerPat(store, instanceId);
    process.stderr.write(`A new token of ${loginName} (user ${userId}); it is shown this once:\n`);
    return [pat];
  });

export const blockInstance = (
  config: Config,
  log: Log,
  instances: Instances,
  instanceId: string,
  step: 'block' | 'unblock',
): Promise<void> =>
  withStore(config, log, 'must exist', async (store) => {
    await instances.block(store, instanceId, step);
    return [];
  });

async function withStore(
  config: Config,
  log: Log,
  make: 'may make it' | 'must exist',
  work: (store: Store) => Promise<string[]>,
): Promise<void> {
  const database = await shareDatabase(config, log, make);
  try {
    await prepare(database.address, config, undefined, log);
    const store = connect(database.address, { ...config, databaseConnections: 1, databaseReadConnections: 1, databaseListConnections: 1 });
    try {
      for (const line of await work(store)) process.stdout.write(`${line}\n`);
    } finally {
      await store.close();
    }
  } finally {
    await database.close();
  }
}
