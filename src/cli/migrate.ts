/** `keyward migrate`: brings the schema up to date and says what was done. `start` does the same by itself. */
import type { Config } from '../config/settings.ts';
import type { Log } from '../log/log.ts';
import { openPool } from '../store/connect.ts';
import { checkServer } from '../store/server.ts';
import { shareDatabase } from './database.ts';
import { updateSchema } from './prepare.ts';

export async function migrateDatabase(config: Config, log: Log): Promise<void> {
  const database = await shareDatabase(config, log, 'may make it');
  try {
    const sql = openPool(database.address, { max: 1, prepare: false });
    try {
      await checkServer(sql, database.address);
      const applied = await updateSchema(sql, config, log);
      process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : applied.map((name) => `applied ${name}\n`).join(''));
    } finally {
      await sql.end({ timeout: 5 });
    }
  } finally {
    await database.close();
  }
}
