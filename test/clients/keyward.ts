/** A Keyward for the stock clients: one node, an owner, a caller without any role, and users to switch off. */
import { startCluster } from '../support/node.ts';
import { People } from '../support/people.ts';

export interface Keyward {
  /** `http://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Where people live. */
  readonly orgId: string;
  /** Token of the machine `admin`, an IAM_OWNER. */
  readonly owner: string;
  /** Token of a machine without a role. */
  readonly stranger: string;
  /** An active human, made through the API. */
  newUser(): Promise<string>;
}

/** Started now, ended with the tests of this file. */
export async function startKeyward(): Promise<Keyward> {
  const { sql, instanceId, orgId, adminPat: owner, nodes } = await startCluster(1);
  const { port } = nodes[0];
  const url = `http://localhost:${port}`;
  const { token: stranger } = await new People(sql, { instanceId, orgId }).caller();

  let made = 0;
  const newUser = async (): Promise<string> => {
    const profile = { givenName: 'Ada', familyName: 'Lovelace' };
    const email = { email: `ada${++made}@example.com`, isVerified: true };
    const headers = { authorization: `Bearer ${owner}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v2/users/human`, { method: 'POST', headers, body: JSON.stringify({ profile, email }) });
    const { userId } = (await response.json()) as { userId?: string };
    if (userId === undefined) throw new Error(`no user was made: ${response.status}`);
    return userId;
  };
  return { url, port, orgId, owner, stranger, newUser };
}
