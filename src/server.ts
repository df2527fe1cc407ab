/** The server of one process: the slices behind the pipeline, behind the transport. */
import { readFileSync } from 'node:fs';
import { Callers } from './access/caller.ts';
import { Tenants } from './access/tenant.ts';
import type { RunningServer, ServerContext } from './cli/ports.ts';
import { methods } from './contract/contract.ts';
import { adminMembers, managementMembers } from './member/service.ts';
import { organizationService } from './org/service.ts';
import { sessionService } from './session/service.ts';
import { claimNode } from './store/node.ts';
import { createPipeline, serve } from './transport/pipeline.ts';
import { createServer } from './transport/server.ts';
import { userService } from './user/service.ts';

/** Everything that is served. */
export const services = [
  serve('zitadel.user.v2.UserService', userService),
  serve('zitadel.org.v2.OrganizationService', organizationService),
  serve('zitadel.session.v2.SessionService', sessionService),
  serve('zitadel.admin.v1.AdminService', adminMembers),
  serve('zitadel.management.v1.ManagementService', managementMembers),
];

export async function startServer({ config, store, log }: ServerContext): Promise<RunningServer> {
  await claimNode(store.sql);
  const invoke = createPipeline({
    store,
    tenants: new Tenants(store, { anyHost: config.externalDomain === undefined }),
    callers: new Callers(store),
    services,
  });
  const server = createServer({
    methods,
    invoke,
    ready: async () => (await store.run((sql) => sql`select 1`)).length === 1,
    log: ({ error, method, requestId }) => log.error({ requestId, method: method?.path, err: error }, 'unexpected error'),
    onCall: ({ method, ms, ...record }) => log.info({ method: method.path, ms: Math.round(ms * 100) / 100, ...record }, 'call'),
    trustedProxies: config.trustedProxies,
    limits: { closeMs: config.shutdownSeconds * 1000 },
    tls:
      config.tlsCertFile && config.tlsKeyFile
        ? { cert: readFileSync(config.tlsCertFile), key: readFileSync(config.tlsKeyFile) }
        : undefined,
  });
  await server.listen(config.port, config.host);
  return server;
}
