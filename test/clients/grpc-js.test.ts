/**
 * `@grpc/grpc-js` as it comes from npm: with the published contract, and with what the server says of itself by reflection. How it is used
 * with `.proto` files, the README shows.
 */
import { once } from 'node:events';
import { create, createFileRegistry, type DescMethod, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  makeGenericClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { type DeactivateUserRequest, type DeactivateUserResponse, UserService } from '@zitadel/proto/zitadel/user/v2/user_service_pb.js';
import { StatusSchema } from '../../src/contract/gen/google/rpc/status_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../../src/contract/gen/grpc/reflection/v1/reflection_pb.js';
import { type Deactivate, type Details, deactivatesAsDocumented, type Refusal } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();

deactivatesAsDocumented('@grpc/grpc-js with the published contract', keyward, over(UserService));
deactivatesAsDocumented('@grpc/grpc-js with reflection', keyward, over(await reflected(UserService.typeName)));

function over(service: DescService): Deactivate {
  const client = clientOf(service) as UserClient; // what the contract makes of the service
  const { input } = methodOf(service, 'DeactivateUser');
  return (userId, token) =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
      const request = Object.assign(create(input), { userId }) as DeactivateUserRequest; // the same message, by whatever descriptor
      client.deactivateUser(request, metadata, (error, answer) => resolve(error ? refusalOf(error) : detailsOf(answer)));
    });
}

interface UserClient extends Client {
  deactivateUser(
    request: DeactivateUserRequest,
    metadata: Metadata,
    done: (error: ServiceError | null, answer: DeactivateUserResponse) => void,
  ): void;
}

function detailsOf({ details }: DeactivateUserResponse): Details {
  if (!details?.changeDate || !details.creationDate) throw new Error('a detail is missing');
  const { sequence, resourceOwner, changeDate, creationDate } = details;
  return { sequence, resourceOwner, changeDate: timestampDate(changeDate), creationDate: timestampDate(creationDate) };
}

function refusalOf({ code, details: text, metadata }: ServiceError): Refusal {
  const [status] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(status)) return { code, text, detail: undefined };
  const [any] = fromBinary(StatusSchema, status).details;
  if (any?.typeUrl !== `type.googleapis.com/${ErrorDetailSchema.typeName}`) throw new Error(`the detail is a ${any?.typeUrl}`);
  const { id, message } = fromBinary(ErrorDetailSchema, any.value);
  return { code, text, detail: { id, message } };
}

/** The service with all that it imports, as tools without the `.proto` files (grpcurl, Postman) learn it. */
async function reflected(name: string): Promise<DescService> {
  const client = clientOf(ServerReflection) as ReflectionClient; // as above
  const stream = client.serverReflectionInfo();
  stream.write(create(ServerReflectionRequestSchema, { messageRequest: { case: 'fileContainingSymbol', value: name } }));
  stream.end();
  const [{ messageResponse: told }] = (await once(stream, 'data')) as [ServerReflectionResponse]; // one answer to one question
  stream.on('data', () => undefined); // to its end
  client.close();
  if (told.case !== 'fileDescriptorResponse') throw new Error(`reflection answers with ${told.case}`);
  const files = told.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) })).getService(name);
  if (!service) throw new Error('reflection gives other files than were asked for');
  return service;
}

/** A server may send the files in any order; a registry takes a file after those that it imports. */
function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const place = (file: FileDescriptorProto): void => {
    for (const other of files) if (file.dependency.includes(other.name)) place(other);
    ordered.add(file);
  };
  files.forEach(place);
  return [...ordered];
}

interface ReflectionClient extends Client {
  serverReflectionInfo(): ClientDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
}

function clientOf(service: DescService): Client {
  const definition = Object.fromEntries(service.methods.map((method) => [method.localName, definitionOf(method)]));
  return new (makeGenericClientConstructor(definition, service.typeName))(`localhost:${keyward.port}`, credentials.createInsecure());
}

function definitionOf({ parent, name, methodKind, input, output }: DescMethod): MethodDefinition<object, object> {
  const codec = (type: typeof input) => ({
    serialize: (message: object) => Buffer.from(toBinary(type, message as never)), // of this type, as the client's own types say
    deserialize: (bytes: Buffer) => fromBinary(type, bytes),
  });
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: codec(input).serialize,
    requestDeserialize: codec(input).deserialize,
    responseSerialize: codec(output).serialize,
    responseDeserialize: codec(output).deserialize,
  };
}

function methodOf(service: DescService, name: string): DescMethod {
  const found = service.methods.find((method) => method.name === name);
  if (!found) throw new Error(`${service.typeName} has no ${name}`);
  return found;
}
