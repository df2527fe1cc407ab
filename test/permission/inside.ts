/**
 * The pipeline in the process of the test, on a database of its own: for tests that make thousands of calls, or that look between the
 * statements of one. What the wire adds is tested elsewhere.
 */
import { create, type DescMethodUnary, type Message } from '@bufbuild/protobuf';
import { Callers } from '../../src/access/caller.ts';
import { SystemUsers } from '../../src/access/system-user.ts';
import { Tenants } from '../../src/access/tenant.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Masterkey } from '../../src/crypto/masterkey.ts';
import { type Code, Failure } from '../../src/failure/failure.ts';
import { add } from '../../src/instance/operate.ts';
import { Outside } from '../../src/outbound/outside.ts';
import { services } from '../../src/server.ts';
import type { Query, Sql, Store } from '../../src/store/connect.ts';
import { createPipeline } from '../../src/transport/pipeline.ts';
import { methodFor } from '../support/methods.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

export interface Tenant {
  readonly instanceId: string;
  readonly orgId: string;
  readonly host: string;
}

export type Outcome =
  | { readonly code: 'ok'; readonly message: Message }
  | { readonly code: Code | 'crash'; readonly text: string; readonly id: string | undefined; readonly failedAttempts?: number | undefined };

export interface Sent {
  readonly at: Tenant;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Inside {
  readonly database: TestDatabase;
  /** Awaited before each statement that is guarded. */
  beforeGuarded: () => Promise<void> = async () => undefined;
  readonly #invoke: ReturnType<typeof createPipeline>;

  private constructor(database: TestDatabase) {
    this.database = database;
    const store = this.#watched(database.store);
    this.#invoke = createPipeline({
      store,
      tenants: new Tenants(store, { anyHost: false }),
      callers: new Callers(store, new SystemUsers({}, 'http://localhost')),
      masterkey,
      outside: new Outside({ outboundNetworks: [], nameServers: [] }),
      external: { externalPort: 80, externalSecure: false },
      returnHosts: [],
      externalDomain: 'localhost',
      services,
    });
  }

  static async start(): Promise<Inside> {
    return new Inside(await testDatabase());
  }

  async tenant(host: string): Promise<Tenant> {
    const { instanceId } = await add(this.database.store, { name: host, domain: host }, config);
    const [row] = await this.database.sql<{ org: string }[]>`select default_org_id as org from instances where instance_id = ${instanceId}`;
    return { instanceId, orgId: row!.org, host };
  }

  async ask(rpc: DescMethodUnary, message: object, { at, token, headers = {} }: Sent): Promise<Outcome> {
    const all: Readonly<Record<string, string>> = { ...headers, authorization: `Bearer ${token}` };
    try {
      // Its descriptor may know more than the one that the test was written against (contract/legacy-additions.ts).
      const method = await methodFor(rpc);
      const answer = await this.#invoke({
        method,
        message: create(method.rpc.input, message as Record<string, unknown>),
        protocol: 'grpc',
        host: at.host,
        header: (name) => all[name],
        deadline: undefined,
        requestId: 'test',
        seen: { instance: undefined, caller: undefined },
      });
      return { code: 'ok', message: answer };
    } catch (error) {
      if (error instanceof Failure) return { code: error.code, text: error.message, id: error.id, failedAttempts: error.failedAttempts };
      return { code: 'crash', text: String(error), id: undefined };
    }
  }

  #watched(store: Store): Store {
    const seen = async <Row extends object>(statement: (sql: Sql) => Query<Row>) => {
      if (/^\s*with caller as \(/.test(textOf(statement(store.sql)))) await this.beforeGuarded();
    };
    return {
      sql: store.sql,
      run: async (statement, deadline) => {
        await seen(statement);
        return store.run(statement, deadline);
      },
      read: async (statement, deadline) => {
        await seen(statement);
        return store.read(statement, deadline);
      },
      list: async (statement, deadline) => {
        await seen(statement);
        return store.list(statement, deadline);
      },
      // Of a call on a tenant: `changeAlone` of the guard.
      transaction: async (work, deadline) => {
        await this.beforeGuarded();
        return store.transaction(work, deadline);
      },
      close: (seconds) => store.close(seconds),
    };
  }
}

export const masterkey = new Masterkey(Buffer.alloc(32, 1));
const config = loadConfig({ environment: {}, flags: {} });

/** A statement is not sent before it is awaited, so it can be built to be looked at. postgres.js keeps its texts as `strings`. */
const textOf = <Row extends object>(statement: Query<Row>): string =>
  (statement as unknown as { readonly strings: readonly string[] }).strings[0] ?? '';
