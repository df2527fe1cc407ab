/** All RPCs of the v2 services as data, built once at import from the descriptors of src/contract/gen. */
import { type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf';
import { describe } from './describe.ts';
import { http } from './gen/google/api/annotations_pb.js';
import { access, Door as DoorOption } from './gen/keyward/v1/options_pb.js';
import { ActionService } from './gen/zitadel/action/v2/action_service_pb.js';
import { ApplicationService } from './gen/zitadel/application/v2/application_service_pb.js';
import { AuthorizationService } from './gen/zitadel/authorization/v2/authorization_service_pb.js';
import { FeatureService } from './gen/zitadel/feature/v2/feature_service_pb.js';
import { GroupService } from './gen/zitadel/group/v2/group_service_pb.js';
import { IdentityProviderService } from './gen/zitadel/idp/v2/idp_service_pb.js';
import { InstanceService } from './gen/zitadel/instance/v2/instance_service_pb.js';
import { InternalPermissionService } from './gen/zitadel/internal_permission/v2/internal_permission_service_pb.js';
import { OIDCService } from './gen/zitadel/oidc/v2/oidc_service_pb.js';
import { OrganizationService } from './gen/zitadel/org/v2/org_service_pb.js';
import { ProjectService } from './gen/zitadel/project/v2/project_service_pb.js';
import { SAMLService } from './gen/zitadel/saml/v2/saml_service_pb.js';
import { SessionService } from './gen/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from './gen/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from './gen/zitadel/user/v2/user_service_pb.js';
import { WebKeyService } from './gen/zitadel/webkey/v2/webkey_service_pb.js';
import type { Door, Method, Route } from './method.ts';
import { compiler } from './validate.ts';

/** In the order in which the original registers their REST routes (reference/transport.md 3.4), then those without. */
export const services: readonly DescService[] = [
  UserService,
  SessionService,
  SettingsService,
  OrganizationService,
  FeatureService,
  IdentityProviderService,
  ActionService,
  OIDCService,
  SAMLService,
  ApplicationService,
  AuthorizationService,
  GroupService,
  InstanceService,
  InternalPermissionService,
  ProjectService,
  WebKeyService,
];

/** Annotated in the contract, yet answered 404 by the original (reference/transport.md 3.1): not served over REST here either. */
const withoutRest: ReadonlySet<DescService> = new Set([WebKeyService]);

const doors: Readonly<Record<DoorOption, Door | undefined>> = {
  [DoorOption.UNSPECIFIED]: undefined,
  [DoorOption.NONE]: 'none',
  [DoorOption.SESSION]: 'session',
  [DoorOption.CREDENTIAL]: 'credential',
  [DoorOption.LINK]: 'link',
  [DoorOption.INTENT]: 'intent',
  [DoorOption.AUTHORIZE]: 'authorize',
  [DoorOption.SAML]: 'saml',
};

const validatorOf = compiler();

function read(rpc: DescMethod): Method {
  const stated = getOption(rpc, access);
  const door = doors[stated.door];
  if (door === undefined) throw new Error(`${rpc.parent.typeName}/${rpc.name} declares no door`);
  const hasRoute = hasOption(rpc, http) && !withoutRest.has(rpc.parent);
  return describe(rpc, {
    http: hasRoute ? getOption(rpc, http) : undefined,
    permission: stated.permission,
    orgField: stated.orgField,
    successCode: stated.successCode,
    door,
    validate: validatorOf(rpc.input),
  });
}

/** Path (`/zitadel.user.v2.UserService/DeactivateUser`) → the RPC. */
export const methods: ReadonlyMap<string, Method> = new Map(
  services.flatMap((service) => service.methods.map(read)).map((method) => [method.path, method]),
);

export interface RoutedMethod {
  readonly route: Route;
  readonly method: Method;
}

/** REST routes in the order of registration: where two match, the later one wins. */
export const routes: readonly RoutedMethod[] = [...methods.values()].flatMap((method) => method.routes.map((route) => ({ route, method })));

/** The RPC that a descriptor states; for tests and for those who hold a descriptor only. */
export function methodOf(rpc: DescMethod): Method {
  const method = methods.get(`/${rpc.parent.typeName}/${rpc.name}`);
  if (method === undefined) throw new Error(`${rpc.parent.typeName}/${rpc.name} is not part of the v2 contract`);
  return method;
}
