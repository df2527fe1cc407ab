/** `@grpc/grpc-js` as it comes from npm: with the `.proto` files of this repository, and with what the server says of itself by reflection. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { StatusSchema } from '../../src/contract/gen/google/rpc/status_pb.js';
import { type Deactivate, deactivatesAsDocumented, type Refusal } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const SERVICE = 'zitadel.user.v2.UserService';
const keyward = await startKeyward();
// Descriptors that come from a server keep the names of the fields as they are in any case.
const options = { keepCase: true, longs: String, includeDirs: [join(import.meta.dirname, '..', '..', 'proto')] };

deactivatesAsDocumented('@grpc/grpc-js with the .proto files', keyward, over(loadSync('zitadel/user/v2/user_service.proto', options)));
deactivatesAsDocumented('@grpc/grpc-js with reflection', keyward, over(await reflected()));

function over(definition: PackageDefinition): Deactivate {
  const client = clientOf(definition, SERVICE) as UserClient; // what the contract makes of the service
  return (userId, token) =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
      client.deactivateUser({ user_id: userId }, metadata, (error, answer) => {
        if (error) return resolve(refusalOf(error));
        const { sequence, resource_owner: resourceOwner, change_date, creation_date } = answer.details;
        resolve({ sequence: BigInt(sequence), resourceOwner, changeDate: dateOf(change_date), creationDate: dateOf(creation_date) });
      });
    });
}

interface UserClient extends Client {
  deactivateUser(request: { user_id: string }, metadata: Metadata, done: (error: ServiceError | null, answer: Answer) => void): void;
}

interface Answer {
  readonly details: {
    readonly sequence: string;
    readonly resource_owner: string;
    readonly change_date: Moment;
    readonly creation_date: Moment;
  };
}

interface Moment {
  readonly seconds: string;
  readonly nanos: number;
}

const dateOf = ({ seconds, nanos }: Moment): Date => new Date(Number(seconds) * 1000 + nanos / 1e6);

function refusalOf({ code, details: text, metadata }: ServiceError): Refusal {
  const [status] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(status)) return { code, text, detail: undefined };
  const [any] = fromBinary(StatusSchema, status).details;
  if (any?.typeUrl !== `type.googleapis.com/${ErrorDetailSchema.typeName}`) throw new Error(`the detail is a ${any?.typeUrl}`);
  const { id, message } = fromBinary(ErrorDetailSchema, any.value);
  return { code, text, detail: { id, message } };
}

function clientOf(definition: PackageDefinition, service: string): Client {
  const methods = definition[service] as ServiceDefinition; // the name is that of a service
  return new (makeGenericClientConstructor(methods, service))(`localhost:${keyward.port}`, credentials.createInsecure());
}

/** The service with all that it imports, as tools without the `.proto` files (grpcurl, Postman) learn it. */
async function reflected(): Promise<PackageDefinition> {
  const client = clientOf(
    loadSync('grpc/reflection/v1/reflection.proto', options),
    'grpc.reflection.v1.ServerReflection',
  ) as ReflectionClient; // as above
  const stream = client.serverReflectionInfo();
  stream.write({ file_containing_symbol: SERVICE });
  stream.end();
  const [answer] = (await once(stream, 'data')) as [Files]; // the one answer to the one question
  stream.on('data', () => undefined); // to its end
  client.close();
  const file = answer.file_descriptor_response.file_descriptor_proto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const set = { $typeName: FileDescriptorSetSchema.typeName, file };
  return loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)), options);
}

interface ReflectionClient extends Client {
  serverReflectionInfo(): ClientDuplexStream<{ file_containing_symbol: string }, Files>;
}

interface Files {
  readonly file_descriptor_response: { readonly file_descriptor_proto: readonly Buffer[] };
}
