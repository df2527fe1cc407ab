/** zitadel.feature.v2.FeatureService: message in, message out. */
import type { Call, Implementation } from '../access/call.ts';
import { Source } from '../contract/gen/zitadel/feature/v2/feature_pb.js';
import type { FeatureService, SetInstanceFeaturesRequest } from '../contract/gen/zitadel/feature/v2/feature_service_pb.js';
import { uriFault } from '../contract/uri.ts';
import { Failure } from '../failure/failure.ts';
import { timestampFromPg } from '../time/timestamp.ts';
import { errors, notThere } from './errors.ts';
import { type Features, readFeatures, resetFeatures, type Shown, setFeatures } from './feature.ts';

const SYSTEM_OWNER = 'SYSTEM';

/** Sequence and date only where something was ever set. */
const details = ({ sequence, at }: Shown, resourceOwner: string) =>
  at === null ? { resourceOwner } : { sequence, changeDate: timestampFromPg(at), resourceOwner };

export const featureService: Implementation<typeof FeatureService> = {
  async setSystemFeatures(request, call) {
    const patch = given(request);
    if (Object.keys(patch).length === 0) throw new Failure(errors.nothingSetOnSystem);
    return { details: details(await setFeatures(call, 'system', patch), SYSTEM_OWNER) };
  },
  resetSystemFeatures: async (_, call) => ({ details: details(await resetFeatures(call, 'system'), SYSTEM_OWNER) }),
  async getSystemFeatures(_, call) {
    const { system } = await readFeatures(call);
    return { details: details(system, SYSTEM_OWNER), ...flags([{ value: system.value, source: Source.SYSTEM }]) };
  },

  async setInstanceFeatures(request, call) {
    const patch = given(request);
    if (Object.keys(patch).length === 0) throw new Failure(errors.nothingSet);
    return { details: details(await setFeatures(call, 'instance', patch), call.instance.id) };
  },
  resetInstanceFeatures: async (_, call) => ({ details: details(await resetFeatures(call, 'instance'), call.instance.id) }),
  async getInstanceFeatures({ inheritance }, call) {
    const { instance, system } = await readFeatures(call);
    const own: Level = { value: instance.value, source: Source.INSTANCE };
    const inherited: readonly Level[] = inheritance ? [{ value: system.value, source: Source.SYSTEM }, CONSOLE] : [];
    const levels = [own, ...inherited];
    return {
      details: details(instance, call.instance.id),
      ...flags(levels),
      debugOidcParentError: flag(levels, 'debug_oidc_parent_error'),
      consoleUseV2UserApi: flag(levels, 'console_use_v2_user_api'),
    };
  },

  // Organizations and users have no features: told after permission and validation, as on the original.
  setOrganizationFeatures: absent,
  resetOrganizationFeatures: absent,
  getOrganizationFeatures: absent,
  setUserFeatures: absent,
  resetUserFeatures: absent,
  getUserFeatures: absent,
};

async function absent(_: unknown, call: Call): Promise<never> {
  await call.db.confirm();
  throw new Failure(notThere(call.method.name));
}

/** What a request sets, whatever its level; what is deprecated is not looked at. */
function given(request: Partial<Omit<SetInstanceFeaturesRequest, '$typeName'>>): Features {
  const { loginV2, improvedPerformance = [] } = request;
  if (loginV2?.baseUri !== undefined && uriFault(loginV2.baseUri) !== undefined) throw new Failure(errors.baseUriInvalid);
  const switches = {
    login_default_org: request.loginDefaultOrg,
    user_schema: request.userSchema,
    debug_oidc_parent_error: request.debugOidcParentError,
    oidc_single_v1_session_termination: request.oidcSingleV1SessionTermination,
    permission_check_v2: request.permissionCheckV2,
    console_use_v2_user_api: request.consoleUseV2UserApi,
    enable_relational_tables: request.enableRelationalTables,
  };
  return {
    ...Object.fromEntries(Object.entries(switches).filter(([, value]) => value !== undefined)),
    ...(improvedPerformance.length > 0 && { improved_performance: improvedPerformance }),
    ...(loginV2 && { login_v2: { required: loginV2.required, ...(loginV2.baseUri ? { base_uri: loginV2.baseUri } : {}) } }),
  };
}

interface Level {
  readonly value: Features;
  readonly source: Source;
}

/** Where nothing is said of it, it is on. */
const CONSOLE: Level = { value: { console_use_v2_user_api: true }, source: Source.INSTANCE };
/** What can be switched off no more. */
const ALWAYS = { enabled: true, source: Source.SYSTEM };

/** Both levels have these; the nearest level where a feature is set counts. */
function flags(levels: readonly Level[]) {
  const performance = levels.find(({ value }) => value.improved_performance !== undefined);
  const login = levels.find(({ value }) => value.login_v2 !== undefined);
  return {
    loginDefaultOrg: flag(levels, 'login_default_org'),
    userSchema: flag(levels, 'user_schema'),
    oidcTokenExchange: ALWAYS,
    improvedPerformance: { executionPaths: [...(performance?.value.improved_performance ?? [])], ...sourceOf(performance) },
    oidcSingleV1SessionTermination: flag(levels, 'oidc_single_v1_session_termination'),
    enableBackChannelLogout: ALWAYS,
    loginV2: {
      required: login?.value.login_v2?.required ?? false,
      ...(login?.value.login_v2?.base_uri === undefined ? {} : { baseUri: login.value.login_v2.base_uri }),
      ...sourceOf(login),
    },
    permissionCheckV2: flag(levels, 'permission_check_v2'),
    enableRelationalTables: flag(levels, 'enable_relational_tables'),
  };
}

type Switch = { [K in keyof Features]-?: NonNullable<Features[K]> extends boolean ? K : never }[keyof Features];

function flag(levels: readonly Level[], name: Switch) {
  const level = levels.find(({ value }) => value[name] !== undefined);
  return { enabled: level?.value[name] ?? false, ...sourceOf(level) };
}

const sourceOf = (level: Level | undefined) => (level ? { source: level.source } : {});
