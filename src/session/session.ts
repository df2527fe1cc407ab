/**
 * CreateSession with the checks user and password: the first step of a login (reference/session-service-v2.md 3). The other checks,
 * challenges and calls are not served yet.
 */
import type { Call } from '../access/call.ts';
import { userStates } from '../access/gate.ts';
import { demandInstance } from '../access/permission.ts';
import type { CreateSessionRequest } from '../contract/gen/zitadel/session/v2/session_service_pb.js';
import { verifyPassword } from '../crypto/password.ts';
import { digest, randomText } from '../crypto/secret.ts';
import { Failure, type Reason } from '../failure/failure.ts';
import { newId } from '../id/id.ts';
import { append, type NewEvent } from '../store/events.ts';

const errors = {
  userNotFound: { code: 'not_found', key: 'Errors.User.NotFound', id: 'QUERY-Dfbg2' },
  notActive: { code: 'failed_precondition', key: 'Errors.User.NotActive', id: 'SESSION-Gj4ko' },
  noUser: { code: 'failed_precondition', key: 'Errors.User.UserIDMissing', id: 'COMMAND-Sfw3f' },
  noHuman: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'COMMAND-3n77z' },
  noPassword: { code: 'failed_precondition', key: 'Errors.User.Password.NotSet', id: 'COMMAND-3nJ4t' },
  wrongPassword: { code: 'invalid_argument', key: 'Errors.User.Password.Invalid', id: 'COMMAND-3M0fs' },
  notServed: { code: 'unimplemented', key: 'this check or challenge is not served yet' },
} as const satisfies Record<string, Reason>;

interface Candidate {
  user_id: string;
  org_id: string;
  kind: number;
  state: number;
  epoch: bigint;
  org_epoch: bigint;
  instance_epoch: bigint;
  running: boolean;
  password_hash: string | null;
}

export interface NewSession {
  readonly sessionId: string;
  readonly token: string;
  readonly sequence: bigint;
  readonly at: string;
}

/** Permission first (`session.write` on the instance), then the user, then the password: nobody without it learns who exists. */
export async function createSession(call: Call, request: CreateSessionRequest): Promise<NewSession> {
  demandInstance(call.caller, 'session.write');
  const { checks } = request;
  const rest = [
    checks?.webAuthN,
    checks?.idpIntent,
    checks?.totp,
    checks?.otpSms,
    checks?.otpEmail,
    checks?.recoveryCode,
    request.challenges,
  ];
  if (rest.some((check) => check !== undefined)) throw new Failure(errors.notServed);
  const password = checks?.password;
  const user = checks?.user && (await find(call, checks.user.search));
  if (user && (!user.running || (user.state !== userStates.active && user.state !== userStates.initial)))
    throw new Failure(errors.notActive);
  if (password) await checkPassword(user, password.password);
  return write(call, request, user, password !== undefined);
}

async function find(call: Call, search: NonNullable<NonNullable<CreateSessionRequest['checks']>['user']>['search']): Promise<Candidate> {
  const [row] = await call.db.read<Candidate | { user_id: null }>(
    (sql, caller) => sql`
      with caller as (${caller})
      select u.user_id, u.org_id, u.kind, u.state, u.epoch, o.epoch as org_epoch, i.epoch as instance_epoch, o.state = 1 and i.state = 1 as running, p.password_hash
      from caller
      left join (
        users u
        join profiles p using (instance_id, user_id)
        join orgs o using (instance_id, org_id)
        join instances i using (instance_id)
      ) on u.instance_id = ${call.instance.id}
        and ${search.case === 'loginName' ? sql`p.username_key = lower(${search.value})` : sql`u.user_id = ${search.value ?? ''}`}`,
  );
  if (row.user_id === null) throw new Failure(errors.userNotFound);
  return row;
}

async function checkPassword(user: Candidate | undefined, password: string): Promise<void> {
  if (!user) throw new Failure(errors.noUser);
  if (user.kind !== 1) throw new Failure(errors.noHuman);
  if (user.password_hash === null) throw new Failure(errors.noPassword);
  if (!(await verifyPassword(user.password_hash, password))) throw new Failure(errors.wrongPassword, { failedAttempts: 1 });
}

/** The session is bound to the epochs that were read before the password was hashed: who is switched off meanwhile gets a dead one. */
async function write(call: Call, request: CreateSessionRequest, user: Candidate | undefined, withPassword: boolean): Promise<NewSession> {
  const sessionId = newId();
  const token = `sess_${sessionId}_${randomText(43)}`;
  const lifetime = request.lifetime && Number(request.lifetime.seconds) + request.lifetime.nanos / 1e9;
  const metadata = Object.fromEntries(Object.entries(request.metadata).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const agent = request.userAgent && {
    fingerprint_id: request.userAgent.fingerprintId,
    ip: request.userAgent.ip,
    description: request.userAgent.description,
    header: Object.fromEntries(Object.entries(request.userAgent.header).map(([name, { values }]) => [name, values])),
  };
  const events: NewEvent[] = [
    { type: 'session.added', payload: {} },
    ...(user ? [{ type: 'session.user.checked', payload: { userID: user.user_id, userResourceOwner: user.org_id } }] : []),
    ...(withPassword ? [{ type: 'session.password.checked', payload: {} }] : []),
    ...(Object.keys(metadata).length > 0 ? [{ type: 'session.metadata.set', payload: { metadata } }] : []),
    ...(lifetime === undefined ? [] : [{ type: 'session.lifetime.set', payload: { lifetime: Math.round(lifetime * 1e9) } }]),
    { type: 'session.token.set', payload: {} },
  ];
  const [{ sequence, at }] = await call.db.change<{ sequence: bigint; at: string }>(
    undefined,
    (sql, caller) => sql`
      with caller as (${caller}),
      made as (
        insert into sessions (instance_id, session_id, creator, user_id, org_id, user_checked_at, password_checked_at, token_hash, user_agent, metadata, expires_at,
          user_epoch, org_epoch, instance_epoch, sequence, created_at, changed_at)
        select ${call.instance.id}, ${sessionId}, ${call.caller.userId}, ${user?.user_id ?? null}, ${user?.org_id ?? null},
          case when ${user !== undefined} then now() end, case when ${withPassword} then now() end, ${digest(token)}, ${JSON.stringify(agent ?? null)}::text::jsonb,
          ${JSON.stringify(metadata)}::text::jsonb, now() + ${lifetime ?? null}::float8 * interval '1 second',
          ${user?.epoch ?? null}, ${user?.org_epoch ?? null}, ${user?.instance_epoch ?? call.instance.epoch}, ${events.length}, now(), now()
        from caller
        returning instance_id, session_id as aggregate_id, instance_id as owner, sequence, created_at as at
      ),
      logged as (${append(sql, sql`made`, { aggregateType: 'session', editor: call.caller.userId, via: call.method.path }, events)})
      select made.sequence, made.at from caller join made on true`,
  );
  return { sessionId, token, sequence, at };
}
