/** What the command line needs from the rest of the program; src/main.ts plugs it in, tests plug in their own. */
import type { Config } from '../config/settings.ts';
import type { Masterkey } from '../crypto/masterkey.ts';
import type { Site } from '../docs/page/links.ts';
import type { FirstInstance, ListedInstance, NewInstance, OwnerPat } from '../instance/operate.ts';
import type { Log } from '../log/log.ts';
import type { Sql, Store } from '../store/connect.ts';
import type { Gather } from '../transport/metrics.ts';

export interface Parts {
  readonly startServer: StartServer;
  readonly instances: Instances;
  /** Writes the API reference into a folder; gives the number of files. */
  readonly writeDocs: (folder: string, site: Site) => Promise<number>;
}

/** Resolves when every address takes connections. Rejects with the error of `listen` if one cannot be taken. */
export type StartServer = (context: ServerContext) => Promise<RunningServer>;

export interface ServerContext {
  readonly config: Config;
  readonly store: Store;
  readonly masterkey: Masterkey;
  readonly log: Log;
  /** The metrics of all processes that share the port; without it this is the only one. */
  readonly gather?: Gather | undefined;
}

export interface RunningServer {
  /** Stops accepting, sends GOAWAY, lets calls in flight end for `config.shutdownSeconds` at most, then cuts them. */
  close(): Promise<void>;
}

export interface Instances {
  /** Runs inside the transaction that holds the setup lock. */
  exists(sql: Sql): Promise<boolean>;
  /** Makes the first instance inside that transaction. The secrets are written to files before it is committed. */
  createFirst(sql: Sql, config: Config): Promise<FirstInstance>;
  /** Inside that transaction, too: the configured domain leads to the first instance. */
  adoptDomain(sql: Sql, config: Config): Promise<void>;
  /** CannotStart if the domain is taken. */
  add(store: Store, wanted: { readonly name: string; readonly domain: string }, config: Config): Promise<NewInstance>;
  list(store: Store): Promise<readonly ListedInstance[]>;
  /** A new PAT of an owner of the instance, who is made active if he is not; the only instance, if no id is given. CannotStart if there is none such. */
  ownerPat(store: Store, instanceId: string | undefined): Promise<OwnerPat>;
  /** Stops an instance, or lets it run again; what was issued before either is dead. CannotStart if there is none such. */
  block(store: Store, instanceId: string, step: 'block' | 'unblock'): Promise<void>;
}
