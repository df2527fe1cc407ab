/**
 * A user name that is written at the very moment in which its domain becomes the domain of another organization: either the name is refused, or
 * its bearer is renamed. On two nodes; neither waits for a statement of the other that has not begun.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainValidationType } from '../../src/contract/gen/zitadel/org/v2/org_pb.js';
import { OrganizationService } from '../../src/contract/gen/zitadel/org/v2/org_service_pb.js';
import type { Pool } from '../../src/store/connect.ts';
import { Client, user } from '../support/ask.ts';
import { full, rounds } from '../support/batches.ts';
import { waiting } from '../support/lock.ts';
import { startNameServer, type Zone } from '../support/name-server.ts';
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

const zone: Zone = new Map();
const cluster = await startCluster(2, { KEYWARD_NAME_SERVERS: await startNameServer(zone) });
const { sql, instanceId } = cluster;
const [here, there] = cluster.nodes.map((node) => new Client(node)) as [Client, Client]; // of two nodes
const people = new People(sql, cluster);
const by = { token: cluster.adminPat };
const org = OrganizationService.method;

let domains = 0;
/** A domain that only waits for the look at its record. */
async function provable(): Promise<{ organizationId: string; domain: string }> {
  const [organizationId, domain] = [await people.org(), `meanwhile${++domains}.example`];
  await sql`insert into org_domains (instance_id, org_id, domain) values (${instanceId}, ${organizationId}, ${domain})`;
  const { token, url } = await here.get(
    org.generateOrganizationDomainValidation,
    { organizationId, domain, type: DomainValidationType.DNS },
    by,
  );
  zone.set(url, [[token]]);
  return { organizationId, domain };
}

/** Two ways to write a name, each into an organization of its own, on the other node. */
const writers = {
  CreateUser: async (orgId: string) => (username: string) =>
    there.ask(user.createUser, { organizationId: orgId, username, userType: { case: 'machine', value: { name: 'x' } } }, by),
  UpdateUser: async (orgId: string) => {
    const { userId } = await people.person({ orgId });
    return (username: string) => there.ask(user.updateUser, { userId, username, userType: { case: 'machine', value: {} } }, by);
  },
} as const;

/** While an organization's row is held, so that whoever must lock it too waits behind what he has seen so far. */
const holding = (orgId: string, work: (holder: Pool) => Promise<void>): Promise<void> =>
  sql.begin(async (holder) => {
    await holder`select from orgs where instance_id = ${instanceId} and org_id = ${orgId} for no key update`;
    await work(sql);
  }) as Promise<void>; // begin gives what its work gives

const bearers = async (domain: string, owner: string): Promise<readonly string[]> =>
  (
    await sql<{ username: string }[]>`
      select p.username from profiles p join users u using (instance_id, user_id)
      where u.instance_id = ${instanceId} and u.org_id <> ${owner} and p.username ilike ${`%@${domain}`}`
  ).map(({ username }) => username);

for (const [name, writer] of Object.entries(writers)) {
  describe(`a name that ${name} writes`, () => {
    test('before the domain is proven, which is proven before it is written: is refused', async () => {
      const { organizationId, domain } = await provable();
      const home = await people.org();
      const write = await writer(home);
      let writing: ReturnType<typeof write> | undefined;
      await holding(home, async () => {
        writing = write(`late@${domain}`);
        await waiting(sql, 1);
        await here.get(org.verifyOrganizationDomain, { organizationId, domain }, by);
      });
      const answer = await writing!;
      assert.deepEqual([answer.code, 'id' in answer && answer.id], ['invalid_argument', 'COMMAND-SFd21']);
      assert.deepEqual(await bearers(domain, organizationId), []);
    });

    test('while the domain is being proven: is refused, or its bearer is renamed', async () => {
      const { organizationId, domain } = await provable();
      const write = await writer(await people.org());
      let [proving, writing]: [Promise<unknown>?, Promise<unknown>?] = [];
      await holding(organizationId, async () => {
        proving = here.get(org.verifyOrganizationDomain, { organizationId, domain }, by);
        await waiting(sql, 1);
        writing = write(`early@${domain}`);
        await Promise.race([writing, waiting(sql, 2).catch(() => undefined)]);
      });
      await Promise.all([proving, writing]);
      assert.deepEqual(await bearers(domain, organizationId), []);
    });
  });
}

test('who makes an organization and who takes a name in its domain, at once, many times: nobody is left with such a name', async () => {
  await rounds(full ? 500 : 40, 4, async (n) => {
    const [name, domain] = [`Twin ${n}`, `twin-${n}.localhost`];
    const home = await people.org();
    const write = await writers.CreateUser(home);
    const [made] = await Promise.all([here.get(org.addOrganization, { name }, by), write(`ada@${domain}`)]);
    assert.deepEqual(await bearers(domain, made.organizationId), []);
  });
});
