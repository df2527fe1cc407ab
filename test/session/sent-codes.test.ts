/** Codes to log in with that are sent: by mail with a link, by text message; to nobody who is off, and none that does not count any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Mail, mailServer, webhook } from '../notification/mail-server.ts';
import { outboxOf, settled, timePasses } from '../notification/outbox.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { byPassword, byUser, Logins, refusals, session } from './logins.ts';

const server = await mailServer();
const hook = await webhook();
const cluster = await startCluster(2, {
  KEYWARD_SMTP_URL: server.url,
  KEYWARD_NOTIFICATION_WEBHOOK_URL: hook.url,
  KEYWARD_EXTERNAL_DOMAIN: 'localhost',
  KEYWARD_EXTERNAL_SECURE: 'true',
  KEYWARD_EXTERNAL_PORT: '8443',
  KEYWARD_LOG_LEVEL: 'fatal',
});
const { sql } = cluster;
const logins = new Logins(cluster);
const { admin } = logins;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes

type Challenges = NonNullable<MessageInitShape<typeof session.createSession.input>['challenges']>;

const byMail = (urlTemplate?: string): Challenges => ({
  otpEmail: { deliveryType: { case: 'sendCode', value: urlTemplate === undefined ? {} : { urlTemplate } } },
});
const codeIn = ({ text }: Mail) => /\b\d{8}$/m.exec(text)?.[0] ?? '';
const drained = (userId: string) => settled(sql, userId, 'count(*) = 0');
let numbers = 0;

/** A human who takes codes both ways. */
async function human(): Promise<Person & { readonly phone: string }> {
  const me = await logins.human();
  const phone = `+4178${String(2_000_000 + numbers++)}`;
  await here.get(user.setPhone, { userId: me.userId, phone, verification: { case: 'isVerified', value: true } }, admin);
  await here.get(user.addOTPEmail, { userId: me.userId }, admin);
  await here.get(user.addOTPSMS, { userId: me.userId }, admin);
  return { ...me, phone };
}

test('a code that is asked for by mail comes with a link to the login, in the language of its user, and counts on any node', async () => {
  const me = await human();
  const { userId } = me;
  await sql`update profiles set preferred_language = 'de' where user_id = ${userId}`;
  const { sessionId, challenges } = await here.get(session.createSession, { checks: byUser(me), challenges: byMail() }, admin);
  assert.equal(challenges?.otpEmail, undefined);
  const mail = await server.mails.next();
  const code = codeIn(mail);
  assert.deepEqual([mail.to, mail.subject], [`${userId}@example.com`, 'Ihr Code für die Anmeldung']);
  const link = `https://localhost:8443/ui/v2/login/otp/email?code=${code}&userId=${userId}&sessionId=${sessionId}`;
  assert.ok(mail.text.includes(link), mail.text);
  await drained(userId);
  assert.equal((await there.ask(session.setSession, { sessionId, checks: { otpEmail: { code } } }, admin)).code, 'ok');
  const [event] = await sql`select payload from events where aggregate_id = ${sessionId} and type = 'session.otp.email.challenged'`;
  const urlTmpl = '/ui/v2/login/otp/email?code={{.Code}}&userId={{.UserID}}&sessionId={{.SessionID}}';
  assert.deepEqual(event?.payload, { expiry: 300_000_000_000, urlTmpl });
});

test('the link of a mail is as its template says', async () => {
  const me = await human();
  const { sessionId } = await here.get(session.createSession, { checks: byPassword(me) }, admin);
  const template =
    'https://app.example/{{.SessionID}}/{{.UserID}}?n={{.LoginName}}&d={{.DisplayName | urlquery}}&l={{.PreferredLanguage}}#{{.Code}}';
  await there.get(session.setSession, { sessionId, challenges: byMail(template) }, admin);
  const mail = await server.mails.next();
  const link = `https://app.example/${sessionId}/${me.userId}?n=${me.userId}&d=Ada+Test&l=en#${codeIn(mail)}`;
  assert.ok(mail.text.includes(link), mail.text);
  await drained(me.userId);
});

test('a code that is asked for by text message is posted, for the host of the login alone, and counts', async () => {
  const me = await human();
  const { sessionId, challenges } = await here.get(
    session.createSession,
    { checks: byUser(me), challenges: { otpSms: { returnCode: false } } },
    admin,
  );
  assert.equal(challenges?.otpSms, undefined);
  const { body } = await hook.posts.next();
  assert.deepEqual([body.kind, body.channel, body.recipient, body.userId], ['otp-sms', 'sms', me.phone, me.userId]);
  assert.equal(body.text, `${body.code} is your code to log in. It is good for five minutes; tell nobody.\n\n@localhost #${body.code}`);
  assert.equal((await there.ask(session.setSession, { sessionId, checks: { otpSms: { code: body.code ?? '' } } }, admin)).code, 'ok');
  await drained(me.userId);
});

test('a code that the caller is told, and one that is refused, is not sent', async () => {
  const me = await human();
  const { userId } = me;
  const returned: Challenges = { otpEmail: { deliveryType: { case: 'returnCode', value: {} } }, otpSms: { returnCode: true } };
  const { sessionId } = await here.get(session.createSession, { checks: byUser(me), challenges: returned }, admin);
  const checks = { ...byPassword(me, 'Wrong#2026') };
  assert.deepEqual(await here.ask(session.createSession, { checks, challenges: byMail() }, admin), refusals.wrongPassword);
  await here.get(user.deactivateUser, { userId }, admin);
  assert.deepEqual(await here.ask(session.setSession, { sessionId, challenges: byMail() }, admin), refusals.notActive);
  assert.deepEqual(await outboxOf(sql, userId), []);
});

/** What happens while the mail server refuses, so that the code counts no more. */
const voids: Readonly<Record<string, (me: Person, sessionId: string) => Promise<unknown>>> = {
  'its user is deactivated': ({ userId }) => here.get(user.deactivateUser, { userId }, admin),
  'its user was locked and is back': async ({ userId }) => {
    await here.get(user.lockUser, { userId }, admin);
    await here.get(user.unlockUser, { userId }, admin);
  },
  'its user is deleted': ({ userId }) => here.get(user.deleteUser, { userId }, admin),
  'its session has ended': (_, sessionId) => here.get(session.deleteSession, { sessionId }, admin),
  'its session has run out': (_, sessionId) => here.get(session.setSession, { sessionId, lifetime: { nanos: 1 } }, admin),
  'another code was asked for': (_, sessionId) =>
    here.get(session.setSession, { sessionId, challenges: { otpEmail: { deliveryType: { case: 'returnCode', value: {} } } } }, admin),
  'its address is another': ({ userId }) =>
    here.get(user.setEmail, { userId, email: 'verified@example.com', verification: { case: 'isVerified', value: true } }, admin),
};

for (const [reason, make] of Object.entries(voids)) {
  test(`a code to log in with is not sent any more when ${reason}`, async () => {
    const me = await human();
    const { userId } = me;
    server.manner = (to) => (to.startsWith(`${userId}@`) ? 'refuse as busy' : 'take');
    const { sessionId } = await here.get(session.createSession, { checks: byUser(me), challenges: byMail() }, admin);
    await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
    await make(me, sessionId);
    server.manner = 'take';
    await timePasses(sql, userId);
    await drained(userId);
    assert.equal(server.mails.left.length, 0);
  });
}

test('a code to log in with does not wait for an older mail to its user, nor a newer one for it', async () => {
  const me = await human();
  const { userId } = me;
  server.manner = (to) => (to.startsWith(`${userId}@`) ? 'refuse as busy' : 'take');
  await here.get(user.setPassword, { userId, newPassword: { password: 'A-new-passw0rd' } }, admin);
  await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
  await sql`update outbox set next_attempt_at = now() + interval '1 hour' where user_id = ${userId}`;
  server.manner = 'take';
  await there.get(session.createSession, { checks: byUser(me), challenges: byMail() }, admin);
  assert.equal((await server.mails.next()).subject, 'Your code to log in');
  await settled(sql, userId, `count(*) filter (where kind = 'otp-email') = 0`);
  await timePasses(sql, userId);
  assert.equal((await server.mails.next()).subject, 'Your password was changed');
  await drained(userId);
});
