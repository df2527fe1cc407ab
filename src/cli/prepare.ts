/**
 * Makes a database ready to serve: server looked at, schema up to date, master key proven, first instance made. Every step can be killed
 * and done again, and several programs may do it at once on one database: each step holds the setup lock.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseAddress } from '../config/database-url.ts';
import { keyFromText } from '../config/kinds.ts';
import type { Config } from '../config/settings.ts';
import { CannotDecrypt, Masterkey } from '../crypto/masterkey.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import type { Log } from '../log/log.ts';
import { openPool, type Pool, type Sql } from '../store/connect.ts';
import { credentialsDir, readSecret, syncDir, writeSecret } from '../store/data-dir.ts';
import { locked, migrate } from '../store/migrate.ts';
import { checkServer } from '../store/server.ts';
import type { Instances } from './ports.ts';

export interface Prepared {
  readonly masterkey: Masterkey;
  /** The user that the terminal offers to switch off; undefined if no instance was made by a start. */
  readonly demoUserId: string | undefined;
}

/** `instances` undefined: an instance is not made (the commands that manage them). */
export async function prepare(address: DatabaseAddress, config: Config, instances: Instances | undefined, log: Log): Promise<Prepared> {
  const sql = openPool(address, { max: 1, prepare: false });
  try {
    await checkServer(sql, address);
    await updateSchema(sql, config, log);
    const masterkey = await locked(sql, (sql) => settleMasterkey(sql, config));
    const demoUserId = instances && (await settleFirstInstance(sql, config, instances));
    return { masterkey, demoUserId };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export const updateSchema = (sql: Pool, config: Config, log: Log): Promise<string[]> =>
  migrate(sql, {
    statementSeconds: config.databaseStatementSeconds,
    lockSeconds: config.databaseLockSeconds,
    onApplied: (migration) => log.info({ migration }, 'schema brought up to date'),
  });

/** Stored with the database: a text under the master key, which only the right one can open. */
const PROOF = { name: 'masterkey', text: 'keyward', place: 'keyward_meta/masterkey' } as const;

async function settleMasterkey(sql: Sql, config: Config): Promise<Masterkey> {
  const [proof] = await sql<{ value: string }[]>`select value from keyward_meta where name = ${PROOF.name}`;
  const path = join(credentialsDir(config.dataDir), 'masterkey');
  const key = config.masterkey ?? keyIn(path);

  if (key === undefined && proof) {
    throw new CannotStart(
      `The database was set up with a master key that is not here: put it in ${path}, or set KEYWARD_MASTERKEY or KEYWARD_MASTERKEY_FILE.`,
    );
  }
  const masterkey = new Masterkey(key ?? (await generateKey(path)));
  if (!proof) {
    const sealed = masterkey.encrypt(PROOF.text, PROOF.place).toString('base64');
    await sql`insert into keyward_meta (name, value) values (${PROOF.name}, to_jsonb(${sealed}::text))`;
    return masterkey;
  }
  try {
    masterkey.decrypt(Buffer.from(proof.value, 'base64'), PROOF.place);
    return masterkey;
  } catch (error) {
    if (!(error instanceof CannotDecrypt)) throw error;
    const source = config.masterkeyFile ?? (config.masterkey ? 'KEYWARD_MASTERKEY' : path);
    throw new CannotStart(`The master key of ${source} is not the one that the database was set up with.`, 1, error);
  }
}

function keyIn(path: string): Buffer | undefined {
  const text = readSecret(path);
  if (text === undefined) return undefined;
  const key = keyFromText(text);
  if (Buffer.isBuffer(key) && key.length === 32) return key;
  throw new CannotStart(`${path} must hold exactly 32 bytes.`);
}

/** 192 random bits as 32 characters, so that the key can also be given as text. */
async function generateKey(path: string): Promise<Buffer> {
  const text = randomBytes(24).toString('base64url');
  await writeSecret(path, text);
  return Buffer.from(text);
}

interface Made {
  readonly demoUserId: string;
  readonly nonce: string;
}

/**
 * The credentials of the first owner are written to files before the instance is committed, under names that carry a nonce, and get their
 * final names after it. The nonce is stored in the same transaction, so that the next start knows whether files that a killed one left
 * belong to what was committed.
 */
async function settleFirstInstance(sql: Pool, config: Config, instances: Instances): Promise<string | undefined> {
  const dir = credentialsDir(config.dataDir);
  const made = await locked(sql, async (sql) => {
    const [before] = await sql<{ value: Made }[]>`select value from keyward_meta where name = 'first_instance'`;
    await nameFinally(dir, before?.value.nonce, 'and remove others');
    if (before || (await instances.exists(sql))) {
      await instances.adoptDomain(sql, config);
      return before?.value;
    }

    const { adminPat, adminPassword, demoUserId } = await instances.createFirst(sql, config);
    const nonce = randomBytes(8).toString('hex');
    await writeSecret(join(dir, `admin.pat.new-${nonce}`), adminPat);
    await writeSecret(join(dir, `admin.password.new-${nonce}`), adminPassword);
    await sql`insert into keyward_meta (name, value) values ('first_instance', ${sql.json({ demoUserId, nonce })})`;
    return { demoUserId, nonce };
  });
  // Outside the lock: who comes now finds either name, and gives it the final one.
  if (made) await nameFinally(dir, made.nonce);
  return made?.demoUserId;
}

async function nameFinally(dir: string, nonce: string | undefined, others?: 'and remove others'): Promise<void> {
  for (const file of readdirSync(dir)) {
    const [, name, itsNonce, part] = /^(admin\.(?:pat|password))\.new-([0-9a-f]+)(\.part)?$/.exec(file) ?? [];
    if (name === undefined) continue;
    if (itsNonce === nonce && part === undefined) rename(join(dir, file), join(dir, name));
    else if (others) rmSync(join(dir, file), { force: true });
  }
  await syncDir(dir);
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // an error of the file system
    if (code !== 'ENOENT') throw error; // else another start on this folder was faster
  }
}
