/** A road to the database that a test can block: it counts who comes, and refuses, cuts, or swallows what it is told to. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after } from 'node:test';
import type { DatabaseAddress } from '../../src/config/database-url.ts';
import { freePort } from '../support/node.ts';

/** open: passed on. gone: nobody listens. cut: accepted and closed, as by a proxy without a backend. silent: accepted, nothing is passed on. */
export type Road = 'open' | 'gone' | 'cut' | 'silent';

export interface DatabaseRoad {
  readonly port: number;
  /** Connections that were accepted until now. */
  count(): number;
  /** What is connected is cut, but for `silent`, which holds it. */
  set(road: Road): Promise<void>;
}

export async function openRoad({ socketDir, socketPort, hosts }: DatabaseAddress): Promise<DatabaseRoad> {
  const port = await freePort();
  const place = socketDir === undefined ? { ...hosts[0] } : { path: `${socketDir}/.s.PGSQL.${socketPort}` };
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: Road = 'open';
  let accepted = 0;
  let server: Server | undefined;

  const accept = (client: Socket) => {
    accepted++;
    client.on('error', () => undefined);
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const target = connect(place as { path: string }); // or { host, port }: both are taken
    const pair = [client, target] as const;
    pairs.add(pair);
    target.on('error', () => undefined);
    client.on('close', () => {
      target.destroy();
      pairs.delete(pair);
    });
    target.on('close', () => client.destroy());
    client.on('data', (data) => state !== 'silent' && target.write(data));
    target.on('data', (data) => state !== 'silent' && client.write(data));
  };

  const listen = async () => {
    if (server) return;
    server = createServer(accept);
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  };
  const leave = async () => {
    server?.close();
    server = undefined;
  };
  await listen();
  after(() => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    return leave();
  });

  return {
    port,
    count: () => accepted,
    async set(wanted) {
      state = wanted;
      if (wanted !== 'silent') for (const pair of pairs) for (const socket of pair) socket.destroy();
      await (wanted === 'gone' ? leave() : listen());
    },
  };
}
