/** The contract as one file of descriptors: for what reads them and does not ask the server (`grpcurl -protoset`, `buf`, clients that are made at run time). */
import { create, type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** The files of these services with all that they import, each after what it imports (as protoc writes it). Of two files of one name the first counts. */
export function protoset(services: readonly DescService[]): Uint8Array {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file.name)) return;
    for (const imported of file.dependencies) add(imported);
    files.set(file.name, file);
  };
  for (const { file } of services) add(file);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) }));
}
