/** SAML against a real identity provider's library (samlify): requests that it reads, answers of its making, and answers that are none. */
import assert from 'node:assert/strict';
import { randomUUID, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import * as samlify from 'samlify';
import { type Certified, selfSigned } from '../../src/crypto/certificate.ts';
import { user } from '../support/ask.ts';
import { admin, FAILURE, locationOf, Setting, SUCCESS } from './setting.ts';

const setting = await Setting.start();
const { here, people } = setting;
const [keys, otherKeys] = await Promise.all([selfSigned('idp'), selfSigned('other')]);
samlify.setSchemaValidator({ validate: async () => 'not looked at' });

const SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';
const ENTITY = 'https://idp.example/metadata';
const binding = (name: string) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`;

interface IdpWays {
  readonly certified?: Certified;
  readonly encrypts?: boolean;
  readonly entityID?: string;
  readonly wantAuthnRequestsSigned?: boolean;
  readonly requestSignatureAlgorithm?: string;
}

function identityProvider({
  certified = keys,
  encrypts = false,
  entityID = ENTITY,
  wantAuthnRequestsSigned = false,
  requestSignatureAlgorithm = SHA256,
}: IdpWays = {}) {
  return samlify.IdentityProvider({
    entityID,
    signingCert: certified.certificate,
    privateKey: certified.privateKey,
    wantAuthnRequestsSigned,
    isAssertionEncrypted: encrypts,
    messageSigningOrder: 'sign-then-encrypt',
    requestSignatureAlgorithm,
    singleSignOnService: ['HTTP-Redirect', 'HTTP-POST'].map((name) => ({ Binding: binding(name), Location: 'https://idp.example/sso' })),
    loginResponseTemplate: {
      context: samlify.SamlLib.defaultLoginResponseTemplate.context,
      attributes: ['mail', 'groups', 'uid'].map((name) => ({
        name,
        valueTag: name,
        nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
        valueXsiType: 'xs:string',
      })),
    },
  });
}

const metadataXml = (idp = identityProvider()) => Buffer.from(idp.getMetadata());

async function added(more: object = {}): Promise<string> {
  const asked = {
    name: 'SAML',
    metadata: { case: 'metadataXml', value: metadataXml() },
    providerOptions: { isLinkingAllowed: true },
    ...more,
  };
  return (await here.get(admin.addSAMLProvider, asked as never, setting.v1())).id; // every `more` is a part of it
}

const at = (idpId: string, what: string) => `${setting.origin}/idps/${idpId}/saml/${what}`;

/** What a provider puts into its answer; `wrong` is put in place of it. */
async function answered(
  idpId: string,
  begin: URL,
  {
    wrong = {},
    idp = identityProvider(),
    sp: ways = {},
  }: { wrong?: Record<string, string>; idp?: ReturnType<typeof identityProvider>; sp?: object } = {},
) {
  const sp = samlify.ServiceProvider({ metadata: await (await fetch(at(idpId, 'metadata'))).text(), ...ways });
  const request = await idp.parseLoginRequest(sp, 'redirect', {
    query: Object.fromEntries(begin.searchParams),
    octetString: begin.search.slice(1).replace(/&Signature=.*/, ''),
  });
  const { id = '' } = request.extract.request as { id?: string }; // as its schema says
  const [now, later] = [new Date().toISOString(), new Date(Date.now() + 300_000).toISOString()];
  const values = {
    ID: `_${randomUUID()}`,
    AssertionID: `_${randomUUID()}`,
    Destination: at(idpId, 'acs'),
    Audience: at(idpId, 'metadata'),
    SubjectRecipient: at(idpId, 'acs'),
    Issuer: ENTITY,
    IssueInstant: now,
    AssertionConsumerServiceURL: at(idpId, 'acs'),
    StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    ConditionsNotBefore: now,
    ConditionsNotOnOrAfter: later,
    SubjectConfirmationDataNotOnOrAfter: later,
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    NameID: 'ada-id',
    InResponseTo: id,
    AuthnStatement: '',
    attrMail: 'ada@example.com',
    attrGroups: 'admins',
    attrUid: 'ada-uid',
    ...wrong,
  };
  const customTagReplacement = (template: string) => ({ id: values.ID, context: samlify.SamlLib.replaceTagsByValue(template, values) });
  const { context } = await idp.createLoginResponse(sp, request as never, 'post', {}, { customTagReplacement, encryptThenSign: false }); // it takes what its parser gives
  return { SAMLResponse: context, RelayState: begin.searchParams.get('RelayState') ?? '' };
}

async function consumed(idpId: string, form: Record<string, string>): Promise<URL> {
  return locationOf(await fetch(at(idpId, 'acs'), { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' }));
}

test('by redirect: the request has two parameters, the answer is told with its attributes and the assertion', async () => {
  const idpId = await added();
  const begin = await setting.authUrl(idpId);
  assert.equal(begin.origin + begin.pathname, 'https://idp.example/sso');
  assert.deepEqual([...begin.searchParams.keys()].sort(), ['RelayState', 'SAMLRequest']);
  const end = await consumed(idpId, await answered(idpId, begin));
  assert.equal(end.origin + end.pathname, new URL(SUCCESS).origin + new URL(SUCCESS).pathname);
  const { idpInformation, userId, userAction } = await setting.found(end);
  assert.equal(userId, '');
  assert.equal(userAction.case, 'createUser');
  assert.equal(idpInformation?.userId, 'ada-id');
  assert.deepEqual(idpInformation?.rawInformation, {
    id: 'ada-id',
    attributes: { mail: ['ada@example.com'], groups: ['admins'], uid: ['ada-uid'] },
  });
  assert.equal(idpInformation?.access.case, 'saml');
  assert.match(Buffer.from(idpInformation.access.value.assertion).toString(), /^<saml:Assertion /);
  assert.deepEqual(await setting.events('idpintent', end.searchParams.get('id') ?? ''), [
    'idpintent.started',
    'idpintent.saml.requested',
    'idpintent.saml.succeeded',
  ]);
});

test('whose account is linked gets his session by it', async () => {
  const idpId = await added();
  const me = await people.person({ kind: 'human' });
  await setting.link(me, idpId, 'ada-id');
  const end = await consumed(idpId, await answered(idpId, await setting.authUrl(idpId)));
  assert.equal(end.searchParams.get('user'), me.userId);
  const intent = { intent_id: end.searchParams.get('id') ?? '', token: end.searchParams.get('token') ?? '' };
  assert.equal((await setting.login(me, intent)).code, 'ok');
});

test('by POST: a form with the same two fields', async () => {
  const answer = await setting.start(await added({ binding: 1 }));
  if (answer.code !== 'ok' || answer.message.nextStep.case !== 'formData') throw new Error('no form');
  const { url, fields } = answer.message.nextStep.value;
  assert.equal(url, 'https://idp.example/sso');
  assert.deepEqual(Object.keys(fields).sort(), ['RelayState', 'SAMLRequest']);
  assert.match(Buffer.from(fields.SAMLRequest ?? '', 'base64').toString(), /AuthnRequest/);
});

test('a provider that wants signed requests can verify them', async () => {
  const idp = identityProvider({ wantAuthnRequestsSigned: true });
  const metadata = { case: 'metadataXml', value: metadataXml(idp) };
  const idpId = await added({ metadata, withSignedRequest: true });
  const begin = await setting.authUrl(idpId);
  assert.deepEqual([...begin.searchParams.keys()].sort(), ['RelayState', 'SAMLRequest', 'SigAlg', 'Signature']);
  assert.ok((await consumed(idpId, await answered(idpId, begin, { idp }))).searchParams.has('token'));
  const posts = await added({ metadata, withSignedRequest: true, binding: 1 });
  const answer = await setting.start(posts);
  if (answer.code !== 'ok' || answer.message.nextStep.case !== 'formData') throw new Error('no form');
  const sp = samlify.ServiceProvider({ metadata: await (await fetch(at(posts, 'metadata'))).text() });
  const parsed = await idp.parseLoginRequest(sp, 'post', { body: answer.message.nextStep.value.fields });
  assert.equal(parsed.extract.issuer, at(posts, 'metadata'));
});

const good: readonly (readonly [string, Parameters<typeof answered>[2]])[] = [
  ['whose message is signed, too', { sp: { wantMessageSigned: true } }],
  ['whose assertion is encrypted', { idp: identityProvider({ encrypts: true }) }],
];
for (const [name, ways] of good) {
  test(`an answer ${name}, counts`, async () => {
    const idpId = await added();
    const end = await consumed(idpId, await answered(idpId, await setting.authUrl(idpId), ways));
    assert.equal((await setting.found(end)).idpInformation?.userId, 'ada-id');
  });
}

test('a transient name is none: the configured attribute is the id', async () => {
  const idpId = await added({ nameIdFormat: 3, transientMappingAttributeName: 'uid' });
  const end = await consumed(idpId, await answered(idpId, await setting.authUrl(idpId), { wrong: { NameID: randomUUID() } }));
  assert.equal((await setting.found(end)).idpInformation?.userId, 'ada-uid');
});

test('a comment within the name, which no signature covers, cuts nothing off', async () => {
  const idpId = await added();
  const { SAMLResponse, RelayState } = await answered(idpId, await setting.authUrl(idpId));
  const xml = Buffer.from(SAMLResponse, 'base64').toString().replace('ada-id', 'ada<!-- -->-id');
  const end = await consumed(idpId, { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState });
  assert.equal((await setting.found(end)).idpInformation?.userId, 'ada-id');
});

test('what is encrypted is', async () => {
  const idpId = await added();
  const { SAMLResponse } = await answered(idpId, await setting.authUrl(idpId), { idp: identityProvider({ encrypts: true }) });
  const xml = Buffer.from(SAMLResponse, 'base64').toString();
  assert.match(xml, /EncryptedAssertion/);
  assert.doesNotMatch(xml, /ada-id/);
});

const past = new Date(Date.now() - 120_000).toISOString();
const bad: readonly (readonly [string, Parameters<typeof answered>[2]])[] = [
  ['is signed by another key', { idp: identityProvider({ certified: otherKeys }) }],
  ['is signed by SHA-1', { idp: identityProvider({ requestSignatureAlgorithm: SHA1 }) }],
  ['is signed by SHA-1 and encrypted', { idp: identityProvider({ requestSignatureAlgorithm: SHA1, encrypts: true }) }],
  ['is longer than any', { wrong: { attrGroups: 'x'.repeat(200_000) } }],
  ['is for another audience', { wrong: { Audience: 'https://other.example' } }],
  ['is for another address', { wrong: { SubjectRecipient: 'https://other.example/acs' } }],
  ['is to another request', { wrong: { InResponseTo: '_other' } }],
  ['was sent to another address', { wrong: { Destination: 'https://other.example/acs' } }],
  ['is by another provider', { wrong: { Issuer: 'https://other.example' } }],
  ['is over', { wrong: { ConditionsNotOnOrAfter: past } }],
  ['confirms its subject no more', { wrong: { SubjectConfirmationDataNotOnOrAfter: past } }],
  ['says that the login failed', { wrong: { StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Requester' } }],
];
for (const [name, ways] of bad) {
  test(`an answer that ${name} is no login`, async () => {
    const idpId = await added();
    const end = await consumed(idpId, await answered(idpId, await setting.authUrl(idpId), ways));
    assert.equal(end.origin + end.pathname, FAILURE);
    assert.deepEqual(
      [end.searchParams.get('error'), end.searchParams.get('error_description')],
      ['KEYWARD-idpAnswer', 'Errors.User.ExternalIDP.LoginFailed'],
    );
  });
}

const tampered: readonly (readonly [string, (xml: string) => string])[] = [
  ['is not signed', (xml) => xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/g, '')],
  ['was changed', (xml) => xml.replaceAll('ada-id', 'eve-id')],
  [
    'holds another assertion before the signed one',
    (xml) =>
      xml.replace(
        /(<saml:Assertion [\s\S]*<\/saml:Assertion>)/,
        (whole) =>
          `${whole
            .replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/, '')
            .replaceAll('ada-id', 'eve-id')
            .replace(/ID="[^"]*"/, 'ID="_evil"')}${whole}`,
      ),
  ],
  ['is none', () => 'nothing'],
];
for (const [name, change] of tampered) {
  test(`an answer that ${name} is no login`, async () => {
    const idpId = await added();
    const { SAMLResponse, RelayState } = await answered(idpId, await setting.authUrl(idpId));
    const xml = change(Buffer.from(SAMLResponse, 'base64').toString());
    const end = await consumed(idpId, { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState });
    assert.equal(end.searchParams.has('token'), false);
  });
}

test('an answer counts once, at the address of its provider, for the browser that began', async () => {
  const [idpId, other] = [await added(), await added()];
  const begin = await setting.authUrl(idpId);
  const form = await answered(idpId, begin);
  const elsewhere = await fetch(at(other, 'acs'), { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  assert.deepEqual([elsewhere.status, (await elsewhere.text()).trim()], [400, 'ID=IDP-gy3ctgkqe7 Message=Errors.Intent.NotStarted']);
  const swapped = await consumed(idpId, { ...form, RelayState: (await setting.authUrl(idpId)).searchParams.get('RelayState') ?? '' });
  assert.equal(swapped.searchParams.get('error'), 'KEYWARD-idpAnswer');
  assert.ok((await consumed(idpId, form)).searchParams.has('token'));
  assert.equal((await consumed(idpId, form)).searchParams.get('error'), 'IDP-Sfrgs');
});

test('our metadata and certificate are there for everybody; of no other kind and of no unknown provider', async () => {
  const idpId = await added({ withSignedRequest: true });
  const metadata = await fetch(at(idpId, 'metadata?internalUI=true'));
  assert.equal(metadata.headers.get('content-type'), 'application/samlmetadata+xml');
  const xml = await metadata.text();
  assert.match(xml, new RegExp(`entityID="${at(idpId, 'metadata')}"`));
  const certificate = await fetch(at(idpId, 'certificate'));
  assert.equal(certificate.headers.get('content-disposition'), 'attachment; filename="idp.crt"');
  const pem = await certificate.text();
  assert.ok(new X509Certificate(pem).publicKey);
  assert.ok(xml.replace(/\s/g, '').includes(pem.replace(/-----[^-]+-----|\s/g, '')));
  for (const id of ['404', await setting.oauthProvider()]) {
    assert.equal((await fetch(at(id, 'metadata'))).status, 404);
    assert.equal((await fetch(at(id, 'certificate'))).status, 404);
  }
  const shown = await here.get(admin.getProviderByID, { id: idpId }, setting.v1());
  assert.doesNotMatch(
    JSON.stringify(shown, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    /PRIVATE KEY/,
  );
});

test('metadata that are none are refused', async () => {
  for (const xml of [
    '<a/>',
    'x',
    '<!DOCTYPE a [<!ENTITY b "c">]><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="&b;"/>',
  ]) {
    const asked = { name: 'SAML', metadata: { case: 'metadataXml' as const, value: Buffer.from(xml) } };
    const answer = await here.ask(admin.addSAMLProvider, asked, setting.v1());
    assert.deepEqual(answer, { code: 'invalid_argument', text: 'SAML Metadata format error (INST-SF3rwhgh)', id: 'INST-SF3rwhgh' });
  }
  const url = { case: 'metadataUrl' as const, value: 'http://169.254.169.254/metadata' };
  const answer = await here.ask(admin.addSAMLProvider, { name: 'SAML', metadata: url }, setting.v1());
  assert.equal(answer.code === 'ok' ? '' : answer.id, 'INST-SF3rwhgh');
});

test('anybody may begin one that leads back to the instance; nobody without a token', async () => {
  const idpId = await added();
  const content = { case: 'urls' as const, value: { successUrl: '/done', failureUrl: '/failed' } };
  const nobody = await people.caller();
  const answer = await here.ask(user.startIdentityProviderIntent, { idpId, content }, { token: nobody.token });
  if (answer.code !== 'ok' || answer.message.nextStep.case !== 'authUrl') throw new Error('no address');
  const end = await consumed(idpId, await answered(idpId, new URL(answer.message.nextStep.value)));
  assert.deepEqual([end.origin, end.pathname, end.searchParams.has('token')], [setting.origin, '/done', true]);
  assert.equal((await here.ask(user.startIdentityProviderIntent, { idpId, content })).code, 'unauthenticated');
});
