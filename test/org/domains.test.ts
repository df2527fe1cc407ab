/** Domains that an organization proves to be its own, by a file and by its DNS, against real servers (reference/org-and-settings.md 2.2). */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { DomainValidationType } from '../../src/contract/gen/zitadel/org/v2/org_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import { Client, user } from '../support/ask.ts';
import { newCertificate } from '../support/certificate.ts';
import { startNameServer, type Zone } from '../support/name-server.ts';
import { startCluster, startNode } from '../support/node.ts';
import { People } from '../support/people.ts';

const zone: Zone = new Map();
const certificate = newCertificate();
const nameServers = { KEYWARD_NAME_SERVERS: await startNameServer(zone) };
const cluster = await startCluster(1, {
  ...nameServers,
  KEYWARD_OUTBOUND_NETWORKS: '127.0.0.0/8,::1',
  ...(certificate && { NODE_EXTRA_CA_CERTS: certificate.certFile }),
});
const { sql, instanceId } = cluster;
const client = new Client(cluster.nodes[0]);
/** Knows the certificate, and may call no private address; may call it, and knows no certificate. */
const shy = new Client(
  await startNode(cluster.database, { ...nameServers, ...(certificate && { NODE_EXTRA_CA_CERTS: certificate.certFile }) }),
);
const doubtful = new Client(await startNode(cluster.database, { ...nameServers, KEYWARD_OUTBOUND_NETWORKS: '127.0.0.0/8,::1' }));
const people = new People(sql, cluster);
const by = { token: cluster.adminPat };
const org = OrganizationService.method;
const { DNS, HTTP } = DomainValidationType;

const said = (answer: { code: string; id?: string | undefined }) => [answer.code, answer.id];

/** An organization with a domain that is not proven. */
async function unproven(domain: string): Promise<{ organizationId: string; domain: string }> {
  const organizationId = await people.org();
  await sql`insert into org_domains (instance_id, org_id, domain) values (${instanceId}, ${organizationId}, ${domain})`;
  return { organizationId, domain };
}

const begin = (target: { organizationId: string; domain: string }, type: DomainValidationType) =>
  client.get(org.generateOrganizationDomainValidation, { ...target, type }, by);

async function isVerified({ organizationId, domain }: { organizationId: string; domain: string }): Promise<boolean> {
  const filters = [{ filter: { case: 'domainFilter' as const, value: { domain } } }];
  const { domains } = await shy.get(org.listOrganizationDomains, { organizationId, filters }, by);
  return domains[0]?.isVerified ?? assert.fail('the domain is gone');
}

const failures = async ({ organizationId }: { organizationId: string }): Promise<number> =>
  (await sql`select 1 from events where aggregate_id = ${organizationId} and type = 'org.domain.verification.failed'`).length;

let domains = 0;
const newDomain = (suffix = 'example') => `d${++domains}.${suffix}`;

describe('by its DNS', () => {
  test('the token in a TXT record proves the domain, however it is cut, and beside others', async () => {
    const target = await unproven(newDomain());
    const { token, url } = await begin(target, DNS);
    assert.equal(url, `_zitadel-challenge.${target.domain}`);
    assert.match(token, /^[A-Za-z0-9]{32}$/);
    zone.set(url, [['v=spf1 -all'], [token.slice(0, 10), token.slice(10)]]);
    await client.get(org.verifyOrganizationDomain, target, by);
    assert.equal(await isVerified(target), true);
    assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['failed_precondition', 'ORG-HGw21']);
    assert.deepEqual(said(await client.ask(org.generateOrganizationDomainValidation, { ...target, type: DNS }, by)), [
      'failed_precondition',
      'ORG-HGw21',
    ]);
    // It is stored under the master key until then.
    const events = await sql<{ payload: string }[]>`select payload::text from events where aggregate_id = ${target.organizationId}`;
    assert.ok(!JSON.stringify(events).includes(token));
  });

  test('a name outside of ASCII is asked for as DNS has it', async () => {
    const target = await unproven(newDomain('zürich.example'));
    const { token } = await begin(target, DNS);
    zone.set(`_zitadel-challenge.d${domains}.xn--zrich-kva.example`, [[token]]);
    await client.get(org.verifyOrganizationDomain, target, by);
  });

  for (const [what, answer, id] of [
    ['an unknown name', undefined, 'ORG-G241f'],
    ['no record', [], 'ORG-G241f'],
    ['a server that fails', 'broken', 'ORG-G241f'],
    ['a server that refuses', 'refused', 'ORG-G241f'],
    ['a server that says nothing', 'silent', 'ORG-K563l'],
    ['another text', [['another']], 'ORG-G28if'],
    ['the token with something beside it', 'token', 'ORG-G28if'],
  ] as const) {
    test(`${what} proves nothing, and is noted`, async () => {
      const target = await unproven(newDomain());
      const { token, url } = await begin(target, DNS);
      if (answer === 'token') zone.set(url, [[`${token} `]]);
      else if (answer !== undefined) zone.set(url, answer);
      assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['not_found', id]);
      assert.equal(await isVerified(target), false);
      assert.equal(await failures(target), 1);
    });
  }

  test('a new token takes the place of the old one', async () => {
    const target = await unproven(newDomain());
    const { token: old, url } = await begin(target, DNS);
    const { token } = await begin(target, DNS);
    zone.set(url, [[old]]);
    assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['not_found', 'ORG-G28if']);
    zone.set(url, [[token]]);
    await client.get(org.verifyOrganizationDomain, target, by);
  });

  test('of two organizations that prove a domain at once one has it', async () => {
    const domain = newDomain();
    const targets = [await unproven(domain), await unproven(domain.toUpperCase())];
    const challenges = await Promise.all(targets.map((target) => begin(target, DNS)));
    zone.set(
      `_zitadel-challenge.${domain}`,
      challenges.map(({ token }) => [token]),
    );
    const answers = await Promise.all(targets.map((target) => client.ask(org.verifyOrganizationDomain, target, by)));
    assert.deepEqual(answers.map(({ code }) => code).sort(), ['already_exists', 'ok']);
  });

  test('one that is proven twice at once is proven once', async () => {
    const target = await unproven(newDomain());
    const { token, url } = await begin(target, DNS);
    zone.set(url, [[token]]);
    const answers = await Promise.all([client, shy, client].map((one) => one.ask(org.verifyOrganizationDomain, target, by)));
    assert.deepEqual(answers.map(said).sort(), [
      ['failed_precondition', 'ORG-HGw21'],
      ['failed_precondition', 'ORG-HGw21'],
      ['ok', undefined],
    ]);
    assert.equal(
      (await sql`select 1 from events where aggregate_id = ${target.organizationId} and type = 'org.domain.verified'`).length,
      1,
    );
  });

  test('user names of others that end in it are taken away, and they are told', async () => {
    const domain = newDomain();
    const target = await unproven(domain);
    const stranger = await people.person({ kind: 'human', name: `Grace@${domain.toUpperCase()}` });
    const nobody = await people.person({ kind: 'human', name: `grace@not${domain}` });
    const own = await people.person({ kind: 'human', name: `ada@${domain}`, orgId: target.organizationId });
    const { token, url } = await begin(target, DNS);
    zone.set(url, [[token]]);
    await client.get(org.verifyOrganizationDomain, target, by);
    const names = await Promise.all(
      [stranger, nobody, own].map(async ({ userId }) => (await shy.get(user.getUserByID, { userId }, by)).user?.username),
    );
    assert.deepEqual(names, [`${stranger.userId}@temporary.localhost`, `grace@not${domain}`, `ada@${domain}`]);
    const told = await sql<{ type: string }[]>`select type from events where aggregate_id = ${stranger.userId} order by sequence`;
    assert.deepEqual(
      told.map(({ type }) => type),
      ['user.human.added', 'user.domain.claimed'],
    );
    const human = { username: `new@${domain}`, profile: { givenName: 'A', familyName: 'B' }, email: { email: 'new@example.com' } };
    assert.deepEqual(said(await client.ask(user.addHumanUser, human, by)), ['invalid_argument', 'COMMAND-SFd21']);
  });
});

describe('by nothing, where the policy asks for no proof', () => {
  const nameOf = async ({ userId }: { userId: string }) => (await shy.get(user.getUserByID, { userId }, by)).user?.username;

  test('it takes their names from those alone whom its adder may rename', async () => {
    const domain = newDomain();
    const [own, second, foreign] = [await people.org(), await people.org(), await people.org()];
    const { token } = await people.caller({ orgId: own, orgRoles: { [own]: ['ORG_OWNER'], [second]: ['ORG_OWNER'] } });
    const person = (name: string, more: object) => people.person({ kind: 'human', name: `${name}@${domain}`, ...more });
    const renamed = [
      await person('plain', { orgId: second }),
      await person('member', { orgId: second, orgRoles: { [second]: ['ORG_OWNER'] } }),
    ];
    const spared = [
      await person('foreign', { orgId: foreign }),
      await person('owner', { orgId: foreign, instanceRoles: ['IAM_OWNER'] }),
      await person('owner-near', { orgId: second, instanceRoles: ['IAM_OWNER_VIEWER'] }),
      await person('member-elsewhere', { orgId: second, orgRoles: { [foreign]: ['ORG_OWNER'] } }),
    ];
    const before = await Promise.all(spared.map(nameOf));
    await client.get(org.addOrganizationDomain, { organizationId: own, domain }, { token });
    assert.deepEqual(
      await Promise.all(renamed.map(nameOf)),
      renamed.map(({ userId }) => `${userId}@temporary.localhost`),
    );
    assert.deepEqual(await Promise.all(spared.map(nameOf)), before);
    assert.ok(before.every((name) => name?.endsWith(`@${domain}`)));
    assert.equal(
      (await sql`select from events where aggregate_id = any(${spared.map(({ userId }) => userId)}) and type = 'user.domain.claimed'`)
        .length,
      0,
    );
  });

  test('one who may rename everybody takes everybody the name, also where somebody else bears the one that would be given', async () => {
    const domain = newDomain();
    const { userId } = await people.person({ kind: 'human', name: `ada@${domain}`, instanceRoles: ['IAM_OWNER_VIEWER'] });
    await people.person({ name: `${userId.toUpperCase()}@temporary.LOCALHOST` });
    await client.get(org.addOrganizationDomain, { organizationId: await people.org(), domain }, by);
    const name = (await nameOf({ userId })) ?? '';
    assert.match(name.slice(userId.length), /^-[0-9a-f-]{36}@temporary\.localhost$/);
  });
});

/** Path → what is served there by https on `port`. */
const files = new Map<string, string | { readonly location: string }>();
const asked: string[] = [];
const server = createServer({ ...(certificate && { cert: certificate.cert, key: certificate.key }) }, (request, response) => {
  asked.push(request.url ?? '');
  const file = files.get(request.url ?? '');
  if (file === undefined) response.writeHead(404).end('none');
  else if (typeof file === 'string') response.end(file);
  else response.writeHead(302, file).end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => {
  server.close();
  server.closeAllConnections();
});
const { port } = server.address() as AddressInfo; // of a TCP server that listens

describe('by a file', { skip: certificate ? false : 'there is no openssl to make a certificate with' }, () => {
  async function challenged() {
    const target = await unproven(`localhost:${port}`);
    const { token, url } = await begin(target, HTTP);
    return { target, token, path: url.slice(`https://${target.domain}`.length), url };
  }

  test('the token proves the domain, with a line break behind it, and also by a redirect', async () => {
    for (const by_ of ['file', 'redirect'] as const) {
      const { target, token, path, url } = await challenged();
      assert.equal(url, `https://${target.domain}/.well-known/zitadel-challenge/${token}.txt`);
      if (by_ === 'redirect') files.set(path, { location: '/elsewhere' });
      files.set(by_ === 'redirect' ? '/elsewhere' : path, `${token}\r\n`);
      await client.get(org.verifyOrganizationDomain, target, by);
      assert.equal(await isVerified(target), true);
      await client.get(org.deleteOrganizationDomain, target, by);
    }
  });

  for (const [what, file, id] of [
    ['no file', undefined, 'ORG-F4zhw'],
    ['another text', 'another', 'ORG-GH422'],
    ['a file that does not end', 'a'.repeat(5000), 'ORG-GH422'],
    ['a redirect without an end', 'round', 'ORG-F4zhw'],
    ['a redirect to where no TLS is', { location: 'http://localhost:1/' }, 'HTTP-BH42h'],
  ] as const) {
    test(`${what} proves nothing, and is noted`, async () => {
      const { target, path } = await challenged();
      if (file !== undefined) files.set(path, file === 'round' ? { location: path } : file);
      assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['not_found', id]);
      assert.equal(await isVerified(target), false);
      assert.equal(await failures(target), 1);
    });
  }

  test('a private address is not called, nor one whose certificate is not trusted', async () => {
    const { target, token, path } = await challenged();
    files.set(path, token);
    for (const node of [shy, doubtful]) {
      const before = asked.length;
      assert.deepEqual(said(await node.ask(org.verifyOrganizationDomain, target, by)), ['not_found', 'HTTP-BH42h']);
      assert.equal(asked.length, before);
    }
    await client.get(org.verifyOrganizationDomain, target, by);
  });

  test('a domain that holds more than a host leads nowhere', async () => {
    const here = `localhost:${port}`;
    const before = asked.length;
    for (const domain of [`${here}/path`, `${here}?`, `${here}#`, `user@${here}`, `${here}\\path`, `https://${here}`, 'a b']) {
      const target = await unproven(domain);
      await begin(target, HTTP);
      assert.equal((await client.ask(org.verifyOrganizationDomain, target, by)).code, 'not_found', domain);
    }
    assert.equal(asked.length, before);
  });

  test('a host that does not answer is as one that is not there', async () => {
    const target = await unproven('localhost:1');
    await begin(target, HTTP);
    assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['not_found', 'HTTP-BH42h']);
  });
});

test('a validation has to be begun, on a domain of the organization', async () => {
  const target = await unproven(newDomain());
  assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, target, by)), ['failed_precondition', 'ORG-SFBB3']);
  const unknown = { ...target, domain: 'unknown.example' };
  assert.deepEqual(said(await client.ask(org.verifyOrganizationDomain, unknown, by)), ['not_found', 'ORG-Sjdi3']);
  assert.deepEqual(said(await client.ask(org.generateOrganizationDomainValidation, { ...unknown, type: DNS }, by)), [
    'not_found',
    'ORG-AGD31',
  ]);
});
