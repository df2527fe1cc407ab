/** What somebody is a member of, and with which roles; as the doors read it beside him. */
import type { Fragment, Sql } from '../store/connect.ts';

export type Level = 'project' | 'organization' | 'instance' | 'system';

export interface Membership {
  readonly level: Level;
  /** Id of the project, organization or instance; the system has none. */
  readonly objectId: string;
  /** The organization itself, or that of the project; undefined above them. */
  readonly orgId: string | undefined;
  readonly roles: readonly string[];
}

/** As `membershipsOf` reads it. */
export interface MembershipRow {
  level: number;
  objectId: string;
  orgId: string | null;
  roles: string[];
}

const LEVELS: Readonly<Record<number, Level>> = { 1: 'project', 2: 'organization', 3: 'instance' };

/** Over `u` (users): his memberships, a JSON list of `MembershipRow`. A project never leaves its organization. */
export function membershipsOf(sql: Sql): Fragment {
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_object('level', m.level, 'objectId', m.object_id, 'roles', m.roles, 'orgId', case m.level
      when 1 then (select t.org_id from projects t where t.instance_id = m.instance_id and t.project_id = m.object_id)
      when 2 then m.object_id end)), '[]')
    from memberships m where m.instance_id = u.instance_id and m.user_id = u.user_id)`;
}

export function readMemberships(rows: readonly MembershipRow[]): Membership[] {
  return rows.map(({ level, orgId, ...rest }) => ({ level: LEVELS[level]!, orgId: orgId ?? undefined, ...rest })); // the levels that the table allows
}
