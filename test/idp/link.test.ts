/** Links of users to accounts at providers: made, listed, removed, and whose an account is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationMethodType } from '../../src/contract/gen/zitadel/user/v2/user_pb.js';
import { user } from '../support/ask.ts';
import { admin, management, Setting } from './setting.ts';

const setting = await Setting.start();
const { here, owner, people } = setting;
const idpId = await setting.oauthProvider();
const taken = { code: 'already_exists', text: 'External IDP already taken (V3-DKcYh)', id: 'V3-DKcYh' };
const unknown = { code: 'failed_precondition', text: "Identity Provider Configuration doesn't exist (COMMAND-39nf2)", id: 'COMMAND-39nf2' };

const linksOf = async (userId: string, query: object = { asc: true }) => {
  const { details, result } = await here.get(user.listIDPLinks, { userId, query }, owner);
  return { total: Number(details?.totalResult), accounts: result.map((link) => link.userId) };
};

const human = (name: string, idpLinks: readonly object[]) =>
  here.ask(
    user.createUser,
    {
      organizationId: people.orgId,
      username: name,
      userType: {
        case: 'human',
        value: { profile: { givenName: 'A', familyName: 'B' }, email: { email: 'a@b.example' }, idpLinks: idpLinks as never },
      }, // each is a link
    },
    owner,
  );

test('links are listed in their order, by pages, and are a way to log in', async () => {
  const me = await people.person({ kind: 'human' });
  for (const account of ['one', 'Two', 'three']) assert.equal((await setting.link(me, idpId, account)).code, 'ok');
  assert.deepEqual(await linksOf(me.userId), { total: 3, accounts: ['one', 'Two', 'three'] });
  assert.deepEqual(await linksOf(me.userId, { asc: false, limit: 2 }), { total: 3, accounts: ['three', 'Two'] });
  assert.deepEqual(await linksOf(me.userId, { asc: true, offset: 2n }), { total: 3, accounts: ['three'] });
  const { authMethodTypes } = await here.get(user.listAuthenticationMethodTypes, { userId: me.userId }, owner);
  assert.deepEqual(authMethodTypes, [AuthenticationMethodType.IDP]);
  await here.get(user.removeIDPLink, { userId: me.userId, idpId, linkedUserId: 'Two' }, owner);
  assert.deepEqual(await linksOf(me.userId), { total: 2, accounts: ['one', 'three'] });
  const again = await here.ask(user.removeIDPLink, { userId: me.userId, idpId, linkedUserId: 'ONE' }, owner);
  assert.equal(again.code === 'ok' ? '' : again.id, 'COMMAND-1M9xR');
  assert.deepEqual((await setting.events('user', me.userId)).slice(1), [
    ...Array(3).fill('user.human.externalidp.added'),
    'user.human.externalidp.removed',
  ]);
});

test('an account is of one user, told by its id to the byte; with its user it is free again', async () => {
  const [first, second] = [await people.person({ kind: 'human' }), await people.person()];
  assert.equal((await setting.link(first, idpId, 'Same')).code, 'ok');
  for (const who of [first, second]) assert.deepEqual(await setting.link(who, idpId, 'Same'), taken);
  assert.equal((await setting.link(second, idpId, 'sAME')).code, 'ok');
  const elsewhere = await setting.oauthProvider();
  assert.equal((await setting.link(second, elsewhere, 'Same')).code, 'ok');
  await here.get(user.deleteUser, { userId: first.userId }, owner);
  assert.equal((await setting.link(second, idpId, 'Same')).code, 'ok');
});

test('five who want the same account at once: one has it', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => people.person({ kind: 'human' })));
  const codes = (await Promise.all(all.map((who) => setting.link(who, idpId, 'wanted')))).map(({ code }) => code);
  assert.deepEqual(codes.sort(), [...Array(4).fill('already_exists'), 'ok']);
});

test('a new user brings his links along, or is not made', async () => {
  const link = (userId: string, id = idpId) => ({ idpId: id, userId, userName: 'u' });
  const made = await human('linked', [link('brought'), link('brought-too')]);
  assert.equal(made.code, 'ok');
  assert.equal((await linksOf(made.message.id)).total, 2);
  const invited = await here.ask(
    user.createInviteCode,
    { userId: made.message.id, verification: { case: 'returnCode', value: {} } },
    owner,
  );
  assert.equal(invited.code === 'ok' ? '' : invited.id, 'COMMAND-EF34g'); // he can log in already
  assert.deepEqual(await human('other', [link('brought')]), taken);
  assert.deepEqual(await human('twice', [link('x'), link('x')]), taken);
  assert.deepEqual(await human('none', [link('y'), link('y', '404')]), unknown);
  for (const name of ['other', 'twice', 'none']) assert.equal((await human(name, [])).code, 'ok', `${name} was made`);
});

test('a provider of another organization is unknown, and one without a link is none', async () => {
  const orgId = await people.org();
  const asked = { clientId: 'c', clientSecret: 's' };
  const { id: own } = await here.get(management.addGitHubProvider, asked, { ...setting.v1(), headers: { 'x-zitadel-orgid': orgId } });
  const [mine, other] = [await people.person({ orgId }), await people.person()];
  assert.equal((await setting.link(mine, own, 'a')).code, 'ok');
  assert.deepEqual(await setting.link(other, own, 'b'), unknown);
  assert.deepEqual(await here.ask(user.addIDPLink, { userId: other.userId }, owner), unknown);
});

test('with its provider the links are gone, each told in the log of its user', async () => {
  const gone = await setting.oauthProvider();
  const people5 = await Promise.all(Array.from({ length: 5 }, () => people.person({ kind: 'human' })));
  for (const [n, who] of people5.entries()) for (const account of [`a${n}`, `b${n}`]) await setting.link(who, gone, account);
  await here.get(admin.deleteProvider, { id: gone }, setting.v1());
  for (const { userId } of people5) {
    assert.equal((await linksOf(userId)).total, 0);
    assert.deepEqual((await setting.events('user', userId)).slice(-2), Array(2).fill('user.human.externalidp.cascade.removed'));
  }
});
