/** A Failure as gRPC-Web tells it: as gRPC, with everything in the headers and an empty body (reference/transport.md 8.3). */
import type { Failure } from '../../failure/failure.ts';
import type { HeaderList } from '../exchange.ts';
import { grpcError } from '../grpc/error.ts';

export const grpcWebError = (failure: Failure): HeaderList => grpcError(failure);
