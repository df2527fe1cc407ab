/**
 * Load that remembers what it was promised: several clients change users of their own, one call after another; what was acknowledged must
 * be found in the database, what got no clear answer may.
 */
import assert from 'node:assert/strict';
import type { Pool } from '../../src/store/connect.ts';
import { Asker, type Reply, type Server } from './server.ts';

/** What one user may look like. */
interface Known {
  readonly userId: string;
  /** Stored states; one, unless a step got no clear answer. 0: removed. */
  readonly states: Set<number>;
  readonly pats: string[];
  owner: boolean;
}

export interface Figures {
  acknowledged: number;
  unclear: number;
  /** The longest that a client waited for any answer, in ms. */
  slowest: number;
  /** Answers of 503 that named no time for a retry. */
  withoutHint: number;
  /** What should never be answered: 500 and the like. */
  readonly wrong: string[];
}

const ACTIVE = 1;
const INACTIVE = 2;
const LOCKED = 4;
const REMOVED = 0;

const steps = {
  deactivate: { from: [ACTIVE, LOCKED], to: INACTIVE },
  reactivate: { from: [INACTIVE], to: ACTIVE },
  lock: { from: [ACTIVE], to: LOCKED },
  unlock: { from: [LOCKED], to: ACTIVE },
} as const;

export class Load {
  readonly figures: Figures = { acknowledged: 0, unclear: 0, slowest: 0, withoutHint: 0, wrong: [] };
  readonly #known: Known[] = [];
  readonly #orgId: string;

  constructor(orgId: string) {
    this.#orgId = orgId;
  }

  /** Until `over`; then, or when the server is gone, the clients end. */
  async run(server: Pick<Server, 'port'>, token: string, clients: number, over: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.#client(new Asker(server, token), over)));
  }

  /** Resolves when so many more changes are acknowledged; rejects where that takes a minute. */
  async acknowledges(more: number): Promise<void> {
    const goal = this.figures.acknowledged + more;
    for (const end = performance.now() + 60_000; this.figures.acknowledged < goal; ) {
      if (performance.now() > end) throw new Error(`no changes are acknowledged any more: ${JSON.stringify(this.figures)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #client(asker: Asker, over: () => boolean): Promise<void> {
    let user: Known | undefined;
    for (let n = 0; !over(); n++) {
      if (!user || n % 9 === 0 || user.states.size > 1 || user.states.has(REMOVED)) {
        user = await this.#create(asker);
        continue;
      }
      await this.#change(asker, user, n);
    }
  }

  async #create(asker: Asker): Promise<Known | undefined> {
    const reply = await this.#ask(asker, 'POST', '/v2/users/new', { organizationId: this.#orgId, machine: { name: 'load' } });
    if (reply.status !== 201 && reply.status !== 200) return undefined;
    const user: Known = { userId: reply.json.id, states: new Set([ACTIVE]), pats: [], owner: false };
    this.#known.push(user);
    return user;
  }

  async #change(asker: Asker, user: Known, n: number): Promise<void> {
    const path = `/v2/users/${user.userId}`;
    const [state] = user.states;
    const step = n % 5;
    if (step === 0 && state === ACTIVE) {
      const reply = await this.#ask(asker, 'POST', `${path}/pats`, { expirationDate: '2099-01-01T00:00:00Z' });
      if (reply.status < 300 && reply.status > 0) user.pats.push(reply.json.tokenId);
    } else if (step === 1 && !user.owner && state === ACTIVE) {
      const reply = await this.#ask(asker, 'POST', '/admin/v1/members', { userId: user.userId, roles: ['IAM_OWNER'] });
      if (reply.status === 200) user.owner = true;
    } else if (step === 4 && n % 3 === 0) {
      const reply = await this.#ask(asker, 'DELETE', path);
      this.#settle(user, reply, REMOVED);
    } else {
      const name = state === ACTIVE ? (n % 2 === 0 ? 'deactivate' : 'lock') : state === INACTIVE ? 'reactivate' : 'unlock';
      const reply = await this.#ask(asker, 'POST', `${path}/${name}`, {});
      this.#settle(user, reply, steps[name].to);
    }
  }

  #settle(user: Known, { status }: Reply, to: number): void {
    if (status === 200) {
      user.states.clear();
      user.states.add(to);
    } else {
      user.states.add(to); // it may have happened
    }
  }

  async #ask(asker: Asker, method: string, path: string, body?: object): Promise<Reply> {
    const reply = await asker.ask(method, path, body);
    const { figures } = this;
    figures.slowest = Math.max(figures.slowest, reply.ms);
    if (reply.status >= 200 && reply.status < 300) figures.acknowledged++;
    else figures.unclear++;
    if (reply.status === 503 && reply.retryAfter === undefined) figures.withoutHint++;
    if (![0, 200, 201, 503].includes(reply.status)) figures.wrong.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.json)}`);
    // Who is refused comes back a little later; a server that was killed is not asked in a tight loop.
    if (reply.status === 0 || reply.status === 503) await new Promise((resolve) => setTimeout(resolve, 20));
    return reply;
  }

  /** Everything that was acknowledged is there. */
  async verify(sql: Pool): Promise<void> {
    const ids = this.#known.map(({ userId }) => userId);
    const users = new Map(
      (await sql<{ user_id: string; state: number }[]>`select user_id, state from users where user_id = any(${ids}::text[])`).map((row) => [
        row.user_id,
        row.state,
      ]),
    );
    const tokens = new Set(
      (await sql<{ token_id: string }[]>`select token_id from pats where user_id = any(${ids}::text[])`).map((row) => row.token_id),
    );
    const owners = new Set(
      (await sql<{ user_id: string }[]>`select user_id from memberships where level = 3 and user_id = any(${ids}::text[])`).map(
        (row) => row.user_id,
      ),
    );
    for (const { userId, states, pats, owner } of this.#known) {
      const state = users.get(userId) ?? REMOVED;
      assert.ok(states.has(state), `user ${userId} is in state ${state}, acknowledged was ${[...states].join(' or ')}`);
      if (state === REMOVED) continue;
      for (const tokenId of pats) assert.ok(tokens.has(tokenId), `the token ${tokenId} of user ${userId} was acknowledged and is lost`);
      assert.ok(!owner || owners.has(userId), `the role of user ${userId} was acknowledged and is lost`);
    }
  }
}
