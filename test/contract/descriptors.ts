/** What the tests of this folder share: all generated descriptors in one registry, and a field told in the words of the facts. */
import { createFileRegistry, type DescField, type DescFile, type FileRegistry, ScalarType } from '@bufbuild/protobuf';
import { services } from '../../src/contract/contract.ts';
import { file_zitadel_error_v2_error } from '../../src/contract/gen/zitadel/error/v2/error_pb.js';
import { file_zitadel_message } from '../../src/contract/gen/zitadel/message_pb.js';

function withImports(file: DescFile, into: Set<DescFile> = new Set()): Set<DescFile> {
  if (!into.has(file)) {
    into.add(file);
    for (const imported of file.dependencies) withImports(imported, into);
  }
  return into;
}

/** Every file of the v2 contract. */
export const contractFiles: ReadonlySet<DescFile> = [
  ...services.map((service) => service.file),
  file_zitadel_error_v2_error,
  file_zitadel_message,
].reduce((files, file) => withImports(file, files), new Set<DescFile>());

export const registry: FileRegistry = registryOf(contractFiles);

export function registryOf(files: ReadonlySet<DescFile>): FileRegistry {
  const byName = new Map([...files].map((file) => [file.proto.name, file]));
  const types = [...files].map((file) => createFileRegistry(file.proto, (name) => byName.get(name)));
  return createFileRegistry(...types);
}

export function typeOf(field: DescField): string {
  if (field.fieldKind === 'map')
    return `map<${scalar(field.mapKey)}, ${field.message?.typeName ?? field.enum?.typeName ?? scalar(field.scalar)}>`;
  return field.message?.typeName ?? field.enum?.typeName ?? scalar(field.scalar);
}

function scalar(type: ScalarType | undefined): string {
  if (type === undefined) throw new Error('neither message, enum nor scalar');
  return ScalarType[type]?.toLowerCase() ?? `${type}`;
}
