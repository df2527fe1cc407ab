/** The file of descriptors that a node gives is whole: what reads it finds every served RPC with its messages, and can call them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { zitadelClient } from '../../src/docs/samples/zitadel-client.ts';
import { startKeyward } from '../clients/keyward.ts';
import { entries } from './catalog.ts';
import { prepared } from './runtimes.ts';

const keyward = await startKeyward();

/** Of settings.v2beta, RPCs that came after the published package: they are served with the messages of v2, and no file tells of them. */
const UNTOLD = /settings\.v2beta.*\/(Set|Delete|List)OrganizationSettings$/;

it('the file of descriptors links, and has every served RPC', async () => {
  const response = await fetch(`${keyward.url}/docs/keyward.protoset`);
  const files = fromBinary(FileDescriptorSetSchema, new Uint8Array(await response.arrayBuffer()));
  const registry = createFileRegistry(files);
  const isTold = ({ rpc }: (typeof entries)[number]['method']): boolean => {
    const found = registry.getService(rpc.parent.typeName)?.methods.find(({ name }) => name === rpc.name);
    return found?.input.typeName === rpc.input.typeName && found.output.typeName === rpc.output.typeName;
  };
  assert.deepEqual(
    entries.flatMap(({ method }) => (isTold(method) || UNTOLD.test(method.path) ? [] : [method.path])),
    [],
  );
});

it('a call that the published package does not know is made with them, as its sample shows', async () => {
  const message = { organizationId: keyward.orgId, name: 'Offboarding' };
  const rpc = { service: 'zitadel.project.v2.ProjectService', name: 'CreateProject', message };
  const source = zitadelClient({ method: 'POST', path: '', body: undefined, origin: keyward.url, rpc });
  assert.match(source, /keyward\.protoset/);
  const run = await prepared('zitadel-client', { CreateProject: source });
  const made = await run('CreateProject', keyward.owner);
  assert.match(made.out, /"projectId":"\d+"/, made.said);
  const refused = await run('CreateProject', 'wrong');
  assert.deepEqual([refused.exit, /AUTH-7fs1e/.test(refused.out)], [1, true], refused.said);
});
