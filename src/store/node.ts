/** The machine part of this process's ids: one value of a sequence a process, so that no two on one database share it (src/id/id.ts). */
import { setNode } from '../id/id.ts';
import type { Sql } from './connect.ts';

export async function claimNode(sql: Sql): Promise<void> {
  const [row] = await sql<{ node: bigint }[]>`select nextval('nodes') as node`;
  if (!row) throw new Error('the sequence of nodes gave nothing');
  setNode(Number(row.node));
}
