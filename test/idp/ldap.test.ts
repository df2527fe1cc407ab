/** Logins at an LDAP server: a real slapd, over plain TCP, StartTLS and TLS. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selfSigned } from '../../src/crypto/certificate.ts';
import { user } from '../support/ask.ts';
import { freePort } from '../support/node.ts';
import { admin, Setting } from './setting.ts';
import { BASE, READER, startSlapd } from './slapd.ts';

const slapd = await startSlapd(await selfSigned('localhost'));
const other = await selfSigned('localhost');
const setting = slapd && (await Setting.start());

const attributes = {
  idAttribute: 'uid',
  firstNameAttribute: 'givenName',
  lastNameAttribute: 'sn',
  displayNameAttribute: 'cn',
  preferredUsernameAttribute: 'uid',
  emailAttribute: 'mail',
  phoneAttribute: 'telephoneNumber',
  preferredLanguageAttribute: 'preferredLanguage',
  nickNameAttribute: 'initials',
};

describe('LDAP', { skip: slapd ? false : 'slapd is not installed' }, () => {
  const { plain, secure, ca } = slapd ?? { plain: '', secure: '', ca: '' };

  async function added(more: object = {}): Promise<string> {
    const asked = {
      name: 'LDAP',
      servers: [plain],
      baseDn: BASE,
      ...READER,
      userBase: 'dn',
      userObjectClasses: ['inetOrgPerson'],
      userFilters: ['uid', 'mail'],
      attributes,
      providerOptions: { isLinkingAllowed: true },
      ...more,
    };
    return (await setting!.here.get(admin.addLDAPProvider, asked, setting!.v1())).id;
  }

  const login = (idpId: string, username: string, password: string) =>
    setting!.here.ask(
      user.startIdentityProviderIntent,
      { idpId, content: { case: 'ldap', value: { username, password } } },
      setting!.owner,
    );

  const failed = { code: 'invalid_argument', text: 'Login at External IDP failed (COMMAND-nzun2i)', id: 'COMMAND-nzun2i' };
  const away = 'KEYWARD-idpAway';

  test('who is found by name or mail and whose password is right is told, with what his entry says', async () => {
    const idpId = await added();
    for (const username of ['ada', 'ADA', 'ada@example.com']) {
      const answer = await login(idpId, username, "ada's secret");
      assert.equal(answer.code, 'ok');
      const { nextStep, details } = answer.message;
      assert.equal(nextStep.case, 'idpIntent');
      assert.equal(details?.sequence, 1n);
      const { idpIntentId, idpIntentToken, userId } = nextStep.value as { idpIntentId: string; idpIntentToken: string; userId: string }; // of this case
      assert.equal(userId, '');
      const found = await setting!.retrieve(idpIntentId, idpIntentToken);
      assert.equal(found.code, 'ok');
      assert.deepEqual(found.message.idpInformation?.rawInformation, {
        id: 'ada',
        firstName: 'Ada',
        lastName: 'Lovelace',
        displayName: 'Ada Lovelace',
        preferredUsername: 'ada',
        email: 'ada@example.com',
        phone: '+41791234567',
        preferredLanguage: 'en-GB',
      });
      assert.equal(found.message.idpInformation?.userName, 'ada');
      const { access } = found.message.idpInformation!;
      assert.deepEqual(access.case === 'ldap' ? access.value.attributes : access.case, {
        uid: ['ada'],
        givenName: ['Ada'],
        sn: ['Lovelace'],
        cn: ['Ada Lovelace'],
        mail: ['ada@example.com'],
        telephoneNumber: ['+41791234567'],
        preferredLanguage: ['en-GB'],
      });
      assert.deepEqual(await setting!.events('idpintent', idpIntentId), ['idpintent.started', 'idpintent.ldap.succeeded']);
    }
  });

  test('whose account is linked gets his session by it', async () => {
    const idpId = await added();
    const me = await setting!.people.person({ kind: 'human' });
    await setting!.link(me, idpId, 'Ada');
    const answer = await login(idpId, 'ada', "ada's secret");
    if (answer.code !== 'ok' || answer.message.nextStep.case !== 'idpIntent') throw new Error('no intent');
    const { idpIntentId: intent_id, idpIntentToken: token, userId } = answer.message.nextStep.value;
    assert.equal(userId, me.userId);
    assert.equal((await setting!.login(me, { intent_id, token })).code, 'ok');
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ['a wrong password', 'ada', 'wrong'],
    ['an unknown name', 'nobody', 'secret'],
    ['a name that two have', 'twins@example.com', 'secret'],
    ['what would be a filter', '*', "ada's secret"],
    ['what would end one', 'ada)(uid=*', "ada's secret"],
  ];
  for (const [name, username, password] of wrong) {
    test(`${name} is refused, alike`, async () => {
      assert.deepEqual(await login(await added(), username, password), failed);
    });
  }

  test('under TLS the certificate must come from the configured authority', async () => {
    for (const more of [{ servers: [secure] }, { startTls: true }]) {
      assert.equal((await login(await added({ ...more, rootCa: Buffer.from(ca) }), 'ada', "ada's secret")).code, 'ok');
      for (const rootCa of [other.certificate, '']) {
        const answer = await login(await added({ ...more, rootCa: Buffer.from(rootCa) }), 'ada', "ada's secret");
        assert.equal(answer.code === 'ok' ? 'ok' : answer.id, away);
      }
    }
  });

  test('a server that is away is passed over; where none is there, or the reader is refused, that is said without addresses', async () => {
    const gone = `ldap://127.0.0.1:${await freePort()}`;
    assert.equal((await login(await added({ servers: [gone, plain] }), 'ada', "ada's secret")).code, 'ok');
    for (const more of [
      { servers: [gone] },
      { servers: ['ldap://169.254.169.254'] },
      { servers: ['http://x'] },
      { bindPassword: 'wrong' },
    ]) {
      const answer = await login(await added(more), 'ada', "ada's secret");
      assert.equal(
        answer.code === 'ok' ? 'ok' : answer.text,
        'The identity provider cannot be reached, or does not answer as one (KEYWARD-idpAway)',
      );
    }
  });

  test('a login page does not begin one', async () => {
    const answer = await setting!.start(await added());
    assert.deepEqual([answer.code, answer.code === 'ok' ? '' : answer.id], ['invalid_argument', 'USERv2-3g2j3']);
  });

  test('after ten failures a name is not tried any more for a while; others are', async () => {
    const idpId = await added();
    for (let n = 0; n < 10; n++) assert.deepEqual(await login(idpId, n % 2 ? 'ada' : 'ADA', 'wrong'), failed);
    const answer = await login(idpId, 'ada', "ada's secret");
    assert.deepEqual([answer.code, answer.code === 'ok' ? '' : answer.id], ['resource_exhausted', 'KEYWARD-idpLogins']);
    assert.deepEqual(await login(idpId, 'twin', 'wrong'), failed);
    assert.equal((await login(idpId, 'twin', 'secret')).code, 'ok');
  });
});
