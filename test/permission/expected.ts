/** Who is answered what, by the role table alone: the one place where the permission table becomes a verdict. Denied is what nothing allows. */
import { roles } from '../../src/access/roles.ts';
import { full } from '../support/batches.ts';
import type { Row } from './rows.ts';

/** Where a role is held. `system`: by a system user, of the whole system. */
export type Held = 'nowhere' | 'project' | 'organization' | 'instance' | 'system';

export interface Role {
  readonly role: string;
  readonly held: Held;
}

/** Where the target lies: the organization on which the caller's role is held (if it is held on one), another, or another tenant. */
export const places = ['own organization', 'foreign organization', 'foreign tenant', 'oneself', 'host of the foreign tenant'] as const;
export type Place = (typeof places)[number];

export type Verdict =
  | 'allowed'
  | 'denied'
  /** Where there is no such thing, and he may be told. */
  | 'unknown'
  /** Of a list: answered, without the target. */
  | 'hidden'
  /** His token is none here. */
  | 'stranger';

/** Every role where it can be held, nobody's, and one that the table does not know. */
export const callers: readonly Role[] = [
  { role: 'no role', held: 'nowhere' },
  { role: 'NO_SUCH_ROLE', held: 'instance' },
  ...[...roles.keys()].flatMap((role) => levelsOf(role).map((held) => ({ role, held }))),
];

function levelsOf(role: string): readonly Held[] {
  if (role.startsWith('SYSTEM_')) return ['system'];
  // A system user's IAM_ roles are as good as those of the instance; the long form tries both.
  if (role.startsWith('IAM_')) return full ? ['instance', 'system'] : ['instance'];
  return role.startsWith('PROJECT_') ? ['project'] : ['organization'];
}

export function expected(row: Row, { role, held }: Role, place: Place): Verdict {
  if (row.on === 'open') return 'allowed';
  if (place === 'host of the foreign tenant') return 'stranger';
  if (row.on === 'anyone') return 'allowed';
  if (row.on === 'system' && held !== 'system') return 'stranger';
  if (row.on === 'oneself') return held === 'system' ? 'unknown' : 'allowed';
  if (row.on === 'code') return place === 'foreign tenant' ? 'unknown' : 'allowed';

  const holds = [row.needs, row.or].some((permission) => permission !== undefined && roles.get(role)?.has(permission));
  const everywhere = holds && (held === 'instance' || held === 'system');
  const somewhere = everywhere || (holds && held === 'organization');
  const byProject = holds && held === 'project' && row.byProject === true;
  const may = somewhere || byProject ? ('allowed' as const) : undefined;
  const refused = row.on === 'list' ? 'hidden' : 'denied';
  switch (place) {
    case 'own organization':
      return (row.on === 'instance' || row.on === 'system' ? everywhere && 'allowed' : may) || refused;
    case 'foreign organization':
      return everywhere ? 'allowed' : refused;
    case 'oneself':
      return row.self === 'nothing' || (row.self && held === 'organization' && roles.get(role)?.has(row.self))
        ? 'allowed'
        : (may ?? refused);
    case 'foreign tenant':
      if (row.on === 'project') return somewhere || (holds && held === 'project') ? 'unknown' : 'denied';
      if (row.on === 'user' || row.on === 'session') return somewhere ? 'unknown' : 'denied';
      if (row.on === 'organization' || row.on === 'instance') return everywhere ? 'unknown' : 'denied';
      return refused;
  }
}
