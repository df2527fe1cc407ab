/** Messages to users: each event that sends one, in the user's language, once, in order, whatever the mail server does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { NotificationType } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';
import { type Mail, mailServer, webhook } from './mail-server.ts';
import { outboxOf, settled, timePasses } from './outbox.ts';

const server = await mailServer();
const hook = await webhook();
const cluster = await startCluster(2, {
  KEYWARD_SMTP_URL: server.url,
  KEYWARD_SMTP_FROM: 'Example Login <login@id.example.com>',
  KEYWARD_NOTIFICATION_WEBHOOK_URL: hook.url,
  KEYWARD_EXTERNAL_DOMAIN: 'localhost',
  KEYWARD_EXTERNAL_SECURE: 'true',
  KEYWARD_EXTERNAL_PORT: '8443',
  KEYWARD_LOG_LEVEL: 'fatal',
});
const { sql, instanceId, orgId } = cluster;
const people = new People(sql, cluster);
const [client, other] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const admin = { token: cluster.adminPat };
const ORIGIN = 'https://localhost:8443';
const human = () => people.person({ kind: 'human' });
const codeIn = (mail: Mail) => /\b[A-Z0-9]{6}$/m.exec(mail.text)?.[0] ?? '';
const drained = (userId: string) => settled(sql, userId, 'count(*) = 0');

test('a new human is asked to verify his address, in his language, by a link to the configured domain', async () => {
  const { userId } = await client.get(
    user.addHumanUser,
    {
      organization: { org: { case: 'orgId', value: orgId } },
      profile: { givenName: 'Zoë', familyName: '<b>Bold</b> & {code}', preferredLanguage: 'de-CH' },
      email: { email: 'zoe@example.com' },
      metadata: [],
    },
    { ...admin, headers: { 'x-forwarded-host': 'evil.example' } },
  );
  const mail = await server.mails.next();
  assert.deepEqual([mail.to, mail.subject], ['zoe@example.com', 'Bestätigen Sie Ihre E-Mail-Adresse']);
  assert.match(mail.headers, /^From: Example Login <login@id\.example\.com>$/m);
  assert.match(mail.headers, /^Auto-Submitted: auto-generated$/m);
  assert.match(mail.messageId, /^<[0-9a-f-]{36}@id\.example\.com>$/);
  const link = `${ORIGIN}/ui/v2/login/verify?code=${codeIn(mail)}&organization=${orgId}&userId=${userId}`;
  assert.ok(mail.text.includes(`Guten Tag Zoë <b>Bold</b> & {code},`), mail.text);
  assert.ok(mail.text.includes(link), mail.text);
  assert.ok(mail.html.includes('Zoë &lt;b&gt;Bold&lt;/b&gt; &amp; {code}'), mail.html);
  assert.ok(mail.html.includes(`href="${link.replaceAll('&', '&amp;')}"`), mail.html);
  await client.get(user.verifyEmail, { userId, verificationCode: codeIn(mail) }, admin);
  await drained(userId);
});

test('who has no language reads that of his instance', async () => {
  await sql`update instances set default_language = 'fr' where instance_id = ${instanceId}`;
  const profile = { givenName: 'Zoë', familyName: 'Test' };
  const { userId } = await client.get(user.addHumanUser, { profile, email: { email: 'zoe2@example.com' }, metadata: [] }, admin);
  const mail = await server.mails.next();
  assert.match(mail.headers, /^Content-Language: fr$/m);
  await sql`update instances set default_language = 'en' where instance_id = ${instanceId}`;
  await client.get(user.verifyEmail, { userId, verificationCode: codeIn(mail) }, admin);
  await drained(userId);
});

test('each event that sends something sends it, and the code in it is the one that counts', async () => {
  const { userId } = await human();
  await client.get(
    user.passwordReset,
    {
      userId,
      medium: { case: 'sendLink', value: { urlTemplate: 'https://app.example/{{.UserID}}?u={{.UserID}}&c={{.Code | printf "<%s>"}}' } },
    },
    admin,
  );
  const reset = await server.mails.next();
  assert.equal(reset.subject, 'Choose a new password');
  assert.ok(reset.text.includes(`https://app.example/${userId}?u=${userId}&c=<${codeIn(reset)}>`), reset.text);

  await client.get(
    user.setPassword,
    { userId, newPassword: { password: 'A-new-passw0rd' }, verification: { case: 'verificationCode', value: codeIn(reset) } },
    admin,
  );
  const changed = await server.mails.next();
  assert.equal(changed.subject, 'Your password was changed');
  assert.ok(!changed.text.includes('http'), changed.text);

  await client.get(user.setEmail, { userId, email: 'next@example.com' }, admin);
  const verify = await server.mails.next();
  assert.deepEqual([verify.to, verify.subject], ['next@example.com', 'Confirm your e-mail address']);
  await client.get(user.verifyEmail, { userId, verificationCode: codeIn(verify) }, admin);

  await client.get(user.setPhone, { userId, phone: '+41791234567' }, admin);
  const phone = await hook.posts.next();
  assert.deepEqual(
    [phone.body.kind, phone.body.channel, phone.body.recipient, phone.body.userId, phone.body.instanceId],
    ['verify-phone', 'sms', '+41791234567', userId, instanceId],
  );
  assert.equal(phone.headers['idempotency-key'], phone.body.id);
  assert.equal(phone.headers.authorization, `Basic ${Buffer.from('robot:s/ecret').toString('base64')}`);
  assert.equal(phone.body.text, `${phone.body.code} is your code to confirm this phone number.`);
  await client.get(user.verifyPhone, { userId, verificationCode: phone.body.code ?? '' }, admin);

  await client.get(user.passwordReset, { userId, medium: { case: 'sendLink', value: { notificationType: NotificationType.SMS } } }, admin);
  const bySms = await hook.posts.next();
  assert.equal(bySms.body.kind, 'password-reset');
  assert.ok(bySms.body.text?.endsWith(`${ORIGIN}/ui/v2/login/password/set?code=${bySms.body.code}&organization=${orgId}&userId=${userId}`));

  const { userId: invited } = await human();
  await client.get(
    user.createInviteCode,
    { userId: invited, verification: { case: 'sendCode', value: { applicationName: 'The\r\nShop' } } },
    admin,
  );
  const invite = await server.mails.next();
  assert.equal(invite.subject, 'Your invitation to The Shop');
  assert.ok(
    invite.text.includes(`/ui/v2/login/verify?code=${codeIn(invite)}&invite=true&organization=${orgId}&userId=${invited}`),
    invite.text,
  );
  await client.get(user.verifyInviteCode, { userId: invited, verificationCode: codeIn(invite) }, admin);

  await client.get(user.createPasskeyRegistrationLink, { userId: invited, medium: { case: 'sendLink', value: {} } }, admin);
  const passkey = await server.mails.next();
  assert.equal(passkey.subject, 'Add a passkey');
  assert.match(passkey.text, /\/ui\/v2\/login\/passkey\/set\?code=\w{12}&codeId=\d+&organization=/);
  assert.equal(server.mails.left.length, 0);
});

test('whoever loses his user name to the owner of its domain is told the new one', async () => {
  const [elsewhere, owner] = [await people.org(), await people.org()];
  const { userId } = await people.person({ kind: 'human', orgId: elsewhere, name: 'ada@claimed.example' });
  const off = await people.person({ kind: 'human', orgId: elsewhere, name: 'off@claimed.example', state: 'inactive' });
  await sql`update profiles set email = user_id || '@example.com' where instance_id = ${instanceId} and username like '%@claimed.example'`;
  await client.get(OrganizationService.method.addOrganizationDomain, { organizationId: owner, domain: 'claimed.example' }, admin);
  const mail = await server.mails.next();
  assert.equal(mail.subject, 'Your user name has changed');
  assert.ok(mail.text.includes('claimed.example') && mail.text.includes(`${userId}@temporary.localhost`), mail.text);
  assert.deepEqual(await outboxOf(sql, off.userId), []);
  assert.equal(server.mails.left.length, 0);
});

test('a code that the caller is told is not sent', async () => {
  const { userId } = await human();
  await client.get(user.passwordReset, { userId, medium: { case: 'returnCode', value: {} } }, admin);
  await client.get(user.setEmail, { userId, email: 'told@example.com', verification: { case: 'returnCode', value: {} } }, admin);
  assert.deepEqual(await outboxOf(sql, userId), []);
});

test('the code stands neither in the log nor in the outbox', async () => {
  const { userId } = await human();
  server.manner = 'refuse as busy';
  await client.get(user.passwordReset, { userId, medium: { case: 'sendLink', value: {} } }, admin);
  await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
  const [row] = await outboxOf(sql, userId);
  server.manner = 'take';
  await timePasses(sql, userId);
  const code = codeIn(await server.mails.next());
  assert.ok(row?.code && !row.code.includes(code));
  assert.match(row.last_error ?? '', /451/);
  const [{ told }] = await sql<
    [{ told: boolean }]
  >`select coalesce(bool_or(payload::text like ${`%${code}%`}), false) as told from events where aggregate_id = ${userId}`;
  assert.equal(told, false);
  await drained(userId);
});

test('a server that refuses for now, drops or hangs up gets the same mail again', async () => {
  for (const manner of ['refuse as busy', 'drop', 'refuse relaying', 'lose'] as const) {
    const { userId } = await human();
    let attempts = 0;
    server.manner = (to) => (to.startsWith(`${userId}@`) && ++attempts === 1 ? manner : 'take');
    await client.get(user.sendEmailCode, { userId }, admin);
    const first = await server.mails.next();
    if (manner === 'lose') assert.equal((await server.mails.next()).messageId, first.messageId, 'the receiver can tell that he has it');
    await drained(userId);
    assert.equal(attempts, 2);
    server.manner = 'take';
  }
});

test('a recipient who is refused for good is not tried again; the message stays to be seen', async () => {
  const { userId } = await human();
  server.manner = 'refuse for good';
  await client.get(user.sendEmailCode, { userId }, admin);
  await settled(sql, userId, 'bool_and(dead_at is not null)');
  server.manner = 'take';
  const [row] = await outboxOf(sql, userId);
  assert.deepEqual({ attempts: row?.attempts, code: row?.code }, { attempts: 1, code: null });
  assert.match(row?.last_error ?? '', /550.*no such mailbox/);
  const metrics = await Promise.all([client, other].map((node) => node.send('GET', '/debug/metrics', {})));
  assert.ok(metrics.every(({ body }) => body.includes('keyward_outbox_messages{state="dead"} 1')));
  assert.ok(metrics.some(({ body }) => body.includes('keyward_notifications_total{kind="verify-email",channel="mail",outcome="dead"} 1')));
});

test('what could not be delivered for three days, or until its code ran out, is given up and stays to be seen', async () => {
  const [late, old] = [await human(), await human()];
  server.manner = 'refuse as busy';
  await client.get(user.sendEmailCode, { userId: late.userId }, admin);
  await client.get(user.setPassword, { userId: old.userId, newPassword: { password: 'A-new-passw0rd' } }, admin);
  for (const { userId } of [late, old]) await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
  await sql`update user_codes set expires_at = now() where user_id = ${late.userId}`;
  await sql`update outbox set created_at = now() - interval '73 hours' where user_id = ${old.userId}`;
  for (const { userId } of [late, old]) {
    await timePasses(sql, userId);
    await settled(sql, userId, 'bool_and(dead_at is not null)');
  }
  server.manner = 'take';
  assert.match((await outboxOf(sql, late.userId))[0]?.last_error ?? '', /expired/);
});

/** Made while the server refuses; voided; then the server takes mails again. */
const voids: Readonly<Record<string, (userId: string) => Promise<unknown>>> = {
  'its user is deactivated': (userId) => client.get(user.deactivateUser, { userId }, admin),
  'its user was deactivated and is back': async (userId) => {
    await client.get(user.deactivateUser, { userId }, admin);
    await client.get(user.reactivateUser, { userId }, admin);
  },
  'its user is locked': (userId) => client.get(user.lockUser, { userId }, admin),
  'its user is deleted': (userId) => client.get(user.deleteUser, { userId }, admin),
  'its organization is off': async (userId) => {
    await sql`update orgs o set state = 2, epoch = nextval('epochs') from users u where u.user_id = ${userId} and o.instance_id = u.instance_id and o.org_id = u.org_id`;
  },
  'its address is another': (userId) =>
    client.get(user.setEmail, { userId, email: 'verified@example.com', verification: { case: 'isVerified', value: true } }, admin),
  'the caller was told a newer code': (userId) =>
    client.get(user.sendEmailCode, { userId, verification: { case: 'returnCode', value: {} } }, admin),
};

for (const [reason, make] of Object.entries(voids)) {
  test(`a code is not sent any more when ${reason}`, async () => {
    const { userId } = await people.person({ kind: 'human', orgId: await people.org() });
    server.manner = (to) => (to.startsWith(`${userId}@`) ? 'refuse as busy' : 'take');
    await client.get(user.sendEmailCode, { userId }, admin);
    await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
    await make(userId);
    server.manner = 'take';
    await timePasses(sql, userId);
    await drained(userId);
    // another mail, sent afterwards, is the only one that comes
    const marker = await human();
    await client.get(user.sendEmailCode, { userId: marker.userId }, admin);
    assert.ok((await server.mails.next()).to.startsWith(`${marker.userId}@`));
    assert.equal(server.mails.left.length, 0);
  });
}

test('of codes that replace one another only the newest goes out, and it does not wait for the older ones', async () => {
  const { userId } = await human();
  server.manner = 'refuse as busy';
  for (let n = 0; n < 3; n++) await client.get(user.sendEmailCode, { userId }, admin);
  await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)'); // what is under way when its code is replaced may still arrive
  await sql`update outbox set next_attempt_at = now() + interval '1 hour' where user_id = ${userId} and not leased and sequence < (select max(sequence) from outbox where user_id = ${userId})`;
  server.manner = 'take';
  const mail = await server.mails.next();
  await client.get(user.verifyEmail, { userId, verificationCode: codeIn(mail) }, admin);
  await timePasses(sql, userId);
  await drained(userId);
  assert.equal(server.mails.left.length, 0);
});

test("a user's messages go out in their order, whichever node sends them", async () => {
  const { userId } = await human();
  server.manner = (to) => (to.startsWith(`${userId}@`) ? 'refuse as busy' : 'take');
  await client.get(user.setPassword, { userId, newPassword: { password: 'A-new-passw0rd' } }, admin);
  await settled(sql, userId, 'bool_and(attempts >= 1 and not leased)');
  await other.get(user.createPasskeyRegistrationLink, { userId }, admin);
  await client.get(user.createPasskeyRegistrationLink, { userId }, admin);
  await other.get(user.passwordReset, { userId, medium: { case: 'sendLink', value: {} } }, admin);
  server.manner = 'take';
  await timePasses(sql, userId);
  const subjects = [];
  for (let n = 0; n < 4; n++) subjects.push((await server.mails.next()).subject);
  assert.deepEqual(subjects, ['Your password was changed', 'Add a passkey', 'Add a passkey', 'Choose a new password']);
  await drained(userId);
});

test('two nodes do not send twice: a hundred mails come once each', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => human()));
  await Promise.all(all.map(({ userId }, n) => (n % 2 ? client : other).get(user.sendEmailCode, { userId }, admin)));
  const got = [];
  for (let n = 0; n < all.length; n++) got.push((await server.mails.next()).to);
  assert.equal(new Set(got).size, all.length);
  await sql.unsafe(`do $$ begin while exists (select from outbox where dead_at is null) loop perform pg_sleep(0.01); end loop; end $$`);
  assert.equal(server.mails.left.length, 0);
});

test('a call does not wait for a server that stalls', async () => {
  const { userId } = await human();
  server.manner = (to) => (to.startsWith(`${userId}@`) ? 'stall' : 'take');
  await client.get(user.sendEmailCode, { userId }, admin);
  await settled(sql, userId, 'bool_and(leased)');
  // nor do the mails of others
  const { userId: next } = await human();
  await client.get(user.sendEmailCode, { userId: next }, admin);
  assert.ok((await server.mails.next()).to.startsWith(`${next}@`));
  server.manner = 'take';
});

test('a webhook that fails is asked again, one that refuses is not', async () => {
  const { userId } = await human();
  hook.status = 503;
  await client.get(user.setPhone, { userId, phone: '+41791112233' }, admin);
  const first = await hook.posts.next();
  hook.status = 200;
  const second = await hook.posts.next();
  assert.equal(second.headers['idempotency-key'], first.headers['idempotency-key']);
  await drained(userId);
  hook.status = 422;
  await client.get(user.setPhone, { userId, phone: '+41791112244' }, admin);
  await settled(sql, userId, 'bool_and(dead_at is not null)');
  hook.status = 200;
});

test('links of another instance lead to its own primary domain', async () => {
  const { userId } = await human();
  await sql`insert into instance_domains (instance_id, domain) values (${instanceId}, 'second.example')`;
  await sql`update instance_domains set domain = 'first.example' where instance_id = ${instanceId} and domain = 'localhost'`;
  await new Client(cluster.nodes[0], 'second.example').get(user.sendEmailCode, { userId }, admin);
  const mail = await server.mails.next();
  await sql`update instance_domains set domain = 'localhost' where instance_id = ${instanceId} and domain = 'first.example'`;
  assert.ok(mail.text.includes('https://first.example:8443/ui/v2/login/verify?'), mail.text);
});
