/** The detail of a failure: its type, its fields as JSON, its bytes (reference/transport.md 8.2), and the `google.rpc.Status` that carries it over gRPC. */
import { create, toBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '../contract/gen/google/rpc/status_pb.js';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '../contract/gen/zitadel/message_pb.js';
import { codes, type Failure } from '../failure/failure.ts';

export interface Detail {
  readonly type: string;
  readonly json: Readonly<Record<string, string | number>>;
  readonly bytes: Uint8Array;
}

/** What stands in `details`, at most one; none where the failure has no id. */
export function detailOf({ id, text, failedAttempts }: Failure): Detail | undefined {
  if (id === undefined) return undefined;
  const said = id === '' ? { message: text } : { id, message: text };
  if (failedAttempts === undefined)
    return { type: ErrorDetailSchema.typeName, json: said, bytes: toBinary(ErrorDetailSchema, create(ErrorDetailSchema, said)) };
  return {
    type: CredentialsCheckErrorSchema.typeName,
    json: failedAttempts === 0 ? said : { ...said, failedAttempts },
    bytes: toBinary(CredentialsCheckErrorSchema, create(CredentialsCheckErrorSchema, { ...said, failedAttempts })),
  };
}

/** The bytes of `grpc-status-details-bin`. */
export function statusBytes(failure: Failure, { type, bytes }: Detail): Uint8Array {
  const details = [{ typeUrl: `type.googleapis.com/${type}`, value: bytes }];
  return toBinary(StatusSchema, create(StatusSchema, { code: codes[failure.code].grpc, message: failure.message, details }));
}

/** Base64 without padding, as gRPC and Connect want it. */
export const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '');
