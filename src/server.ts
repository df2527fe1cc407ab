/** The server of one process: the slices behind the pipeline, behind the transport. */
import { readFileSync } from 'node:fs';
import { Callers } from './access/caller.ts';
import { SystemUsers } from './access/system-user.ts';
import { Tenants } from './access/tenant.ts';
import { configureThrottle } from './access/throttle.ts';
import { internalPermissionService } from './administrator/service.ts';
import { applicationService } from './app/service.ts';
import { managementApps } from './app/v1.ts';
import { authorizationService } from './authorization/service.ts';
import { managementUserGrants } from './authorization/v1.ts';
import type { RunningServer, ServerContext } from './cli/ports.ts';
import { version } from './cli/version.ts';
import { externalOrigin, LOCAL } from './config/settings.ts';
import { methods } from './contract/contract.ts';
import { configurePasswords } from './crypto/password.ts';
import { docsEndpoints } from './docs/endpoints.ts';
import { featureService } from './feature/service.ts';
import { idpEndpoints } from './idp/endpoints.ts';
import { adminProviders, identityProviderService, managementProviders } from './idp/service.ts';
import { startSimulator } from './idp/simulator.ts';
import { purgeRemoved } from './instance/remove.ts';
import { adminHealth, adminInstance, authHealth, instanceService, instancesOfSystem, managementHealth } from './instance/service.ts';
import { adminMembers, managementMembers } from './member/service.ts';
import { waysOf } from './notification/channel.ts';
import { Delivery } from './notification/delivery.ts';
import { oidcEndpoints } from './oidc/endpoints.ts';
import { organizationService } from './org/service.ts';
import { managementOrganization } from './org/v1.ts';
import { Outside } from './outbound/outside.ts';
import { projectService } from './project/service.ts';
import { managementProjects } from './project/v1.ts';
import { SessionPurge } from './session/purge.ts';
import { sessionService } from './session/service.ts';
import { codesInSessions } from './session/standing.ts';
import { settingsService } from './settings/service.ts';
import { adminPolicies, managementPolicies } from './settings/v1.ts';
import { claimNode } from './store/node.ts';
import { systemService } from './system/service.ts';
import { createPipeline, serve, serveOpen, serveSystem } from './transport/pipeline.ts';
import { createServer } from './transport/server.ts';
import { userService } from './user/service.ts';
import { standing } from './user/standing.ts';
import { managementUsers, ownPasskeys, ownUser } from './user/v1.ts';
import { WebKeys } from './webkey/keys.ts';
import { webKeyService } from './webkey/service.ts';

/** Everything that is served. */
export const services = [
  serve('zitadel.user.v2.UserService', userService),
  serve('zitadel.org.v2.OrganizationService', organizationService),
  serve('zitadel.instance.v2.InstanceService', instanceService(version())),
  serveSystem('zitadel.instance.v2.InstanceService', instancesOfSystem(version())),
  serve('zitadel.session.v2.SessionService', sessionService),
  serve('zitadel.project.v2.ProjectService', projectService),
  serve('zitadel.application.v2.ApplicationService', applicationService),
  serve('zitadel.authorization.v2.AuthorizationService', authorizationService),
  serve('zitadel.internal_permission.v2.InternalPermissionService', internalPermissionService),
  serve('zitadel.idp.v2.IdentityProviderService', identityProviderService),
  serve('zitadel.settings.v2.SettingsService', settingsService),
  serve('zitadel.feature.v2.FeatureService', featureService),
  serve('zitadel.webkey.v2.WebKeyService', webKeyService),
  serveSystem('zitadel.system.v1.SystemService', systemService),
  serveOpen('zitadel.admin.v1.AdminService', adminHealth),
  serve('zitadel.admin.v1.AdminService', adminInstance(version())),
  serve('zitadel.admin.v1.AdminService', adminMembers),
  serve('zitadel.admin.v1.AdminService', adminProviders),
  serve('zitadel.admin.v1.AdminService', adminPolicies),
  serveOpen('zitadel.management.v1.ManagementService', managementHealth),
  serve('zitadel.management.v1.ManagementService', managementOrganization),
  serve('zitadel.management.v1.ManagementService', managementUsers),
  serve('zitadel.management.v1.ManagementService', managementMembers),
  serve('zitadel.management.v1.ManagementService', managementProjects),
  serve('zitadel.management.v1.ManagementService', managementApps),
  serve('zitadel.management.v1.ManagementService', managementUserGrants),
  serve('zitadel.management.v1.ManagementService', managementProviders),
  serve('zitadel.management.v1.ManagementService', managementPolicies),
  serveOpen('zitadel.auth.v1.AuthService', authHealth),
  serve('zitadel.auth.v1.AuthService', ownUser),
  serve('zitadel.auth.v1.AuthService', ownPasskeys),
];

/** How long messages that are on their way may still arrive when the server ends. */
const LAST_DELIVERIES_SECONDS = 2;

export async function startServer({ config, store, masterkey, log, gather }: ServerContext): Promise<RunningServer> {
  configurePasswords({ legacy: config.legacyHashes, processes: config.workers });
  configureThrottle({ userFailures: config.throttleUserFailures, sourceFailures: config.throttleSourceFailures });
  await claimNode(store.sql);
  const outside = new Outside(config);
  const tenants = new Tenants(store, { anyHost: config.externalDomain === undefined });
  const invoke = createPipeline({
    store,
    tenants,
    callers: new Callers(store, new SystemUsers(config.systemUsers, externalOrigin(config))),
    masterkey,
    outside,
    external: config,
    externalDomain: config.externalDomain ?? LOCAL,
    services,
  });
  const oidc = oidcEndpoints({ store, tenants, external: config, webKeys: new WebKeys(store, masterkey) });
  const docs = docsEndpoints({ store, tenants, external: config });
  const idps = idpEndpoints({ store, tenants, external: config, masterkey, outside });
  const server = createServer({
    methods,
    invoke,
    endpoints: (path) => oidc(path) ?? idps(path) ?? docs(path),
    ready: async () => (await store.run((sql) => sql`select 1`)).length === 1,
    log: ({ error, method, requestId }) => log.error({ requestId, method: method?.path, err: error }, 'unexpected error'),
    onCall: ({ method, ms, ...record }) => log.info({ method: method.path, ms: Math.round(ms * 100) / 100, ...record }, 'call'),
    trustedProxies: config.trustedProxies,
    gather,
    limits: { closeMs: config.shutdownSeconds * 1000 },
    tls:
      config.tlsCertFile && config.tlsKeyFile
        ? { cert: readFileSync(config.tlsCertFile), key: readFileSync(config.tlsKeyFile) }
        : undefined,
  });
  const delivery = new Delivery({
    store,
    masterkey,
    config,
    ways: waysOf(config),
    standing: (sql) => standing(sql, codesInSessions(sql)),
    log,
    registry: server.metrics.registry,
  });
  const purge = new SessionPurge({ store, keptDays: config.sessionKeptDays, log, registry: server.metrics.registry });
  await server.listen(config.port, config.host);
  delivery.start();
  purgeRemoved(store).catch((error: unknown) =>
    log.warn({ err: error }, 'what removed instances left behind is removed at the next start'),
  );
  purge.start();
  const { simulatorPort: port } = config;
  const simulator = port === undefined ? undefined : await startSimulator({ port, store, masterkey, log });
  return {
    async close() {
      purge.close();
      await simulator?.close();
      await server.close();
      await delivery.close(LAST_DELIVERIES_SECONDS);
    },
  };
}
