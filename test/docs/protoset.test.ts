/** The file of descriptors is whole: what reads it finds every served RPC, with its messages. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { catalog } from '../../src/docs/catalog.ts';
import { protoset } from '../../src/docs/protoset.ts';
import { services } from '../../src/server.ts';

/** Of settings.v2beta, RPCs that came after the published package: they are served with the messages of v2, and no file tells of them. */
const UNTOLD = /settings\.v2beta.*\/(Set|Delete|List)OrganizationSettings$/;

it('the file of descriptors links, and has every served RPC', async () => {
  const served = new Set(services.flatMap((service) => [...service.keys()]));
  const methods = (await catalog((path) => served.has(path))).flatMap(({ entries }) => entries.map(({ method }) => method));
  const files = fromBinary(FileDescriptorSetSchema, protoset(methods.map(({ rpc }) => rpc.parent)));
  const registry = createFileRegistry(files);
  const told = methods.filter(({ service, name, rpc }) => {
    const found = registry.getService(service)?.methods.find((method) => method.name === name);
    return found?.input.typeName === rpc.input.typeName && found.output.typeName === rpc.output.typeName;
  });
  assert.deepEqual(
    methods.filter((method) => !told.includes(method) && !UNTOLD.test(method.path)).map(({ path }) => path),
    [],
  );
});
