/** `grpc.health.v1.Health/Check` as a method of ours; `Watch`, a stream, is in streams.ts. */
import { create } from '@bufbuild/protobuf';
import {
  Health,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../contract/gen/grpc/health/v1/health_pb.js';
import type { Method } from '../contract/method.ts';
import { Failure } from '../failure/failure.ts';
import type { Invoke } from './invoke.ts';

export const checkHealth: Method = {
  path: `/${Health.typeName}/${Health.method.check.name}`,
  service: Health.typeName,
  name: Health.method.check.name,
  rpc: Health.method.check,
  routes: [],
  permission: undefined,
  orgField: undefined,
  checkField: undefined,
  successCode: 200,
  door: 'none',
  validate: () => undefined,
};

/** Serving, as long as the process runs and knows the service. */
export function healthInvoke(isKnown: (service: string) => boolean): Invoke {
  return async ({ message }) => {
    // The dispatch sends nothing but `checkHealth` here, whose request this is.
    const { service } = message as HealthCheckRequest;
    if (!isKnown(service)) throw new Failure({ code: 'not_found', key: 'unknown service' });
    return create(HealthCheckResponseSchema, { status: HealthCheckResponse_ServingStatus.SERVING });
  };
}
