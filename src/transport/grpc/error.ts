/** A Failure as gRPC tells it: 200, with status, message and details as trailers (reference/transport.md 8.3). */
import { codes, type Failure } from '../../failure/failure.ts';
import { detailOf, statusBytes, unpadded } from '../details.ts';
import type { HeaderList } from '../exchange.ts';
import { percentEncoded } from '../header-text.ts';

export function grpcError(failure: Failure): HeaderList {
  const list = ['grpc-status', String(codes[failure.code].grpc), 'grpc-message', percentEncoded(failure.message)];
  const detail = detailOf(failure);
  if (detail !== undefined) list.push('grpc-status-details-bin', unpadded(statusBytes(failure, detail)));
  if (failure.retryAfter !== undefined) list.push('retry-after', String(failure.retryAfter));
  return list;
}

/** What stands before the message in every answer. */
export function grpcHead(type: string, requestId: string): string[] {
  return ['content-type', type, 'grpc-accept-encoding', 'gzip', 'x-request-id', requestId];
}

/** The original names its empty encoding when it refuses the client's; `grpc-encoding` is among the headers that are compared. */
export const refusedEncoding = (encoding: string | undefined): HeaderList =>
  encoding === undefined || encoding === '' || encoding === 'gzip' || encoding === 'identity' ? [] : ['grpc-encoding', ''];
