/** Our descriptors beside those that ZITADEL publishes in @zitadel/proto, which every existing JavaScript client is built on. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DescFile, DescMessage } from '@bufbuild/protobuf';
import { registry, registryOf, typeOf } from './descriptors.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('@zitadel/proto/zitadel/object_pb.js')), '../../es/zitadel');

/** Every file of the published package whose symbols a v2 client may meet. */
async function publishedFiles(): Promise<ReadonlySet<DescFile>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(\/v2\/.*|^(object|message))_pb\.js$/.test(name),
  );
  const files = new Set<DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file)) return;
    files.add(file);
    file.dependencies.forEach(add);
  };
  for (const name of names) {
    const module: Record<string, unknown> = await import(pathToFileURL(join(folder, name)).href);
    // Each generated module exports its one file descriptor under this prefix.
    for (const [key, value] of Object.entries(module)) if (key.startsWith('file_')) add(value as DescFile);
  }
  return files;
}

test('every field that the published package knows has its number, type and name here', async () => {
  const theirs = registryOf(await publishedFiles());
  let compared = 0;
  const apart: string[] = [];
  for (const type of theirs) {
    if (type.kind !== 'message') continue;
    const ours = registry.getMessage(type.typeName);
    if (ours === undefined) continue;
    for (const field of type.fields) {
      const own = ours.fields.find(({ number }) => number === field.number);
      if (own === undefined && isReserved(ours, field.number)) continue;
      compared += 1;
      const [here, there] = [own && `${own.name} ${typeOf(own)} ${own.fieldKind}`, `${field.name} ${typeOf(field)} ${field.fieldKind}`];
      if (here !== there) apart.push(`${type.typeName} ${field.number}: ${there}, here ${here}`);
    }
  }
  assert.deepEqual(apart, []);
  assert.ok(compared > 1_000, `only ${compared} fields were compared`);
});

function isReserved(message: DescMessage, number: number): boolean {
  return message.proto.reservedRange.some(({ start, end }) => start <= number && number < end);
}
