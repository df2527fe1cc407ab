/** Conditions that may be taken out without any effect, each with the reason: what they say follows from what stands beside them. */
import type { Kind, Mutation } from './find.ts';

interface Equivalent {
  readonly kind: Kind;
  readonly file: string;
  /** A piece of the statement that contains it, as in the file, blanks apart. */
  readonly context: string;
  readonly reason: string;
}

const BY_EPOCH = 'epochs and versions come from one sequence of the whole database, so that the two beside it name one row of one tenant';

const BY_HASH = 'the hash beside it is that of one random token, which names one session of one tenant';

const BY_OUR_ID = 'ids of keys are made by us and chosen by nobody; and it is a lock alone, what is written names its tenant';
const BY_NEW_ID = 'the id beside it was just made, and no other tenant has it';

const table: readonly Equivalent[] = [
  { kind: 'tenant', file: 'src/access/guard.ts', context: 'and u.epoch =', reason: BY_EPOCH },
  { kind: 'tenant', file: 'src/access/guard.ts', context: ' and i.epoch =', reason: BY_EPOCH },
  { kind: 'tenant', file: 'src/access/guard.ts', context: 'and s.session_id =', reason: BY_HASH },
  { kind: 'tenant', file: 'src/access/guard.ts', context: 'and t.oidc_session_id =', reason: BY_HASH },
  { kind: 'tenant', file: 'src/session/factors.ts', context: 'and a.token_id =', reason: BY_OUR_ID },
  {
    kind: 'tenant',
    file: 'src/user/recovery.ts',
    context: 'from recovery_codes r, caller where',
    reason: 'it is a lock of a row that was read under its tenant; a twin would need the same random code',
  },
  {
    kind: 'tenant',
    file: 'src/user/authenticator.ts',
    context: `a on a.instance_id = \${call.instance.id} and a.user_id = \${userId} and a.kind`,
    reason: 'the relying party beside it is a domain, and a domain belongs to one instance (instance_domains_domain)',
  },
  {
    kind: 'tenant',
    file: 'src/user/totp.ts',
    context: 'and t.seed =',
    reason: 'it is a lock of a row that was read under its tenant; the seed beside it is sealed with a nonce, so that no two are equal',
  },
  {
    kind: 'tenant',
    file: 'src/notification/queue.ts',
    context: 'and m.message_id =',
    reason: 'ids of messages are made by us and chosen by nobody',
  },
  {
    kind: 'tenant',
    file: 'src/oidc/jwt-profile.ts',
    context: 'from machine_keys where',
    reason: 'the statement that issues the token looks for the key once more, beside its user (stands)',
  },
  {
    kind: 'guard',
    file: 'src/user/list.ts',
    context: 'explain (format json)',
    reason: 'the statement is planned, not run; the page before it was guarded',
  },
  {
    kind: 'guard',
    file: 'src/user/authenticator.ts',
    context: 'select exists (',
    reason: 'it is a read in the middle of a change, which is guarded, and tells nothing otherwise',
  },
  { kind: 'tenant', file: 'src/instance/create.ts', context: 'is_owner = true where', reason: BY_NEW_ID },
];

/** The reason why no test can notice the mutation; undefined where one should. */
export function equivalenceOf(mutation: Mutation): string | undefined {
  return table.find((row) => fits(row, mutation))?.reason;
}

/** Rows that fit nothing any more. */
export function outdated(mutations: readonly Mutation[]): readonly string[] {
  return table
    .filter((row) => !mutations.some((mutation) => fits(row, mutation)))
    .map(({ file, context }) => `nothing in ${file} reads "${context}" any more`);
}

function fits({ kind, file, context }: Equivalent, mutation: Mutation): boolean {
  return kind === mutation.kind && file === mutation.file && mutation.context.includes(context);
}
