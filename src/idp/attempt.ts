/**
 * Tries of names at servers of passwords. Each is counted before it is made, for the name and for who makes it, and given back with a success:
 * so a thousand at once on all nodes reach the server no more often than the limit says. Counts drain away evenly.
 */
import type { Call } from '../access/call.ts';
import { reach } from '../access/permission.ts';
import { callerSource, sourceTry, sourceTryBack } from '../access/throttle.ts';
import { digest } from '../crypto/secret.ts';
import type { Sql } from '../store/connect.ts';

/** Failed logins of one name at one server within a while, after which it is not asked any more. */
const TRIES = 10;
export const TRIES_SECONDS = 600;
/** What drains away in a second. */
const DRAINING = TRIES / TRIES_SECONDS;
/** How many of those that have drained away go with each that is made. */
const SWEPT = 20;

export class NameTry {
  readonly #call: Call;
  readonly #idpId: string;
  readonly #key: Buffer;
  /** Undefined of a login page, which tries for everybody. */
  readonly #source: string | undefined;

  constructor(call: Call, idpId: string, name: string) {
    this.#call = call;
    this.#idpId = idpId;
    this.#key = digest(plainName(name));
    this.#source = reach(call.caller, 'session.write').instance ? undefined : callerSource(call.caller.userId);
  }

  /** Before the server is asked. False where it shall not be. */
  async begin(): Promise<boolean> {
    const { id } = this.#call.instance;
    const [row] = await this.#call.db.change<{ begun: boolean }>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        swept as (
          delete from idp_tries t where (t.instance_id, t.idp_id, t.name_key) in (
            select e.instance_id, e.idp_id, e.name_key from idp_tries e
            where e.instance_id = ${id} and e.last_at < now() - ${TRIES_SECONDS}::float8 * interval '1 second'
              and (e.idp_id, e.name_key) <> (${this.#idpId}, ${this.#key}::bytea)
            order by e.last_at limit ${SWEPT} for update skip locked)
        ),
        sourced as (${this.#source === undefined ? sql`select from caller` : sourceTry(sql, id, this.#source, sql`caller`)}),
        tried as (
          insert into idp_tries as t (instance_id, idp_id, name_key, level, last_at)
          select ${id}, ${this.#idpId}, ${this.#key}::bytea, 1, clock_timestamp() from sourced
          on conflict (instance_id, idp_id, name_key) do update set level = ${drained(sql)} + 1, last_at = excluded.last_at
            where ${drained(sql)} + 1 <= ${TRIES}::float8
          returning t.instance_id
        )
        select exists (select from tried) as begun from caller`,
    );
    return row.begun;
  }

  /** It has succeeded. Failures of others stay: a name is guessed no faster because its owner logs in. */
  async succeeded(): Promise<void> {
    const { id } = this.#call.instance;
    await this.#call.db.change<{ held: boolean }>(
      undefined,
      (sql, caller) => sql`
        with caller as (${caller}),
        given_back as (
          update idp_tries t set level = greatest(0, t.level - 1) from caller
          where t.instance_id = ${id} and t.idp_id = ${this.#idpId} and t.name_key = ${this.#key}::bytea
        )
        ${this.#source === undefined ? sql`` : sql`, sourced as (${sourceTryBack(sql, id, this.#source, sql`caller`)})`}
        select held from caller`,
    );
  }
}

/** The failures of a name now, over the alias t. */
const drained = (sql: Sql) => sql`greatest(0, t.level - extract(epoch from clock_timestamp() - t.last_at)::float8 * ${DRAINING}::float8)`;

/** A name as servers compare it (RFC 4518 section 2): in one form of letters, without what nobody sees, blanks folded. */
export function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u{fffc}]/gu, '')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/ +/g, ' ')
    .trim();
}
