/** Example messages in their JSON form: values that look like real ones, chosen by the names of fields and within their rules. */
import { type DescEnum, type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import { twinPath } from '../contract/beta/twin-path.ts';
import type { Rules } from '../contract/gen/keyward/v1/options_pb.js';
import type { Method, Route } from '../contract/method.ts';
import { curated } from './examples.ts';
import { queryFields, variablesOf } from './openapi/parameters.ts';
import { anyRules, isRequired, type Side } from './openapi/schema.ts';

/** How deep a message is shown whole; below it, what must be there. */
const DEEP = 3;
const DEEPEST = 7;

/** The request of an RPC: the one that was written for it, or one that is made. */
export function exampleRequest({ path, rpc }: Method): JsonObject {
  return curated[twinPath(path)]?.request ?? exampleOf(rpc.input, 'request');
}

export function exampleAnswer({ path, rpc }: Method): JsonObject {
  return curated[twinPath(path)]?.answer ?? exampleOf(rpc.output, 'answer');
}

/** A request as a route takes it: the path with ids and query in it, and the body. */
export function exampleCall(method: Method, route: Route): { readonly path: string; readonly body: JsonValue | undefined } {
  const { input } = method.rpc;
  const message = exampleRequest(method);
  const variables = variablesOf(route);
  const names = new Map(input.fields.map((field) => [field.name, field.jsonName]));
  const path = route.path.replace(/\{([^=}]+)(?:=\*)?\}/g, (_, name: string) =>
    encodeURIComponent(String(message[names.get(name) ?? name] ?? '')),
  );
  if (route.body === '*') {
    const rest = Object.entries(message).filter(([name]) => !variables.some((variable) => names.get(variable) === name));
    return { path, body: rest.length === 0 ? undefined : Object.fromEntries(rest) };
  }
  const query = queryFields(input, variables).flatMap(({ name }) => pairs(name, valueAt(message, name.split('.'))));
  return { path: query.length === 0 ? path : `${path}?${query.join('&')}`, body: undefined };
}

function pairs(name: string, value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => pairs(name, item));
  return typeof value === 'object' ? [] : [`${name}=${encodeURIComponent(String(value))}`];
}

function valueAt(message: JsonValue | undefined, names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>(
    (inside, name) => (typeof inside === 'object' && inside !== null && !Array.isArray(inside) ? inside[name] : undefined),
    message,
  );
}

function exampleOf(desc: DescMessage, side: Side, depth = 0): JsonObject {
  const made: Record<string, JsonValue> = {};
  for (const field of desc.fields) {
    if (field.deprecated || !isShown(field, side, depth)) continue;
    made[field.jsonName] = valueFor(field, side, depth);
  }
  return made;
}

function isShown(field: DescField, side: Side, depth: number): boolean {
  if (depth >= DEEPEST) return false;
  if (field.oneof !== undefined) {
    const chosen = field.oneof.fields.find(({ name }) => preferred.includes(name)) ?? field.oneof.fields[0];
    // What a code is returned with is for the answer; a request leaves such a choice to the default.
    return chosen === field && (side === 'answer' || depth < DEEP || anyRules.isRequired(field.oneof));
  }
  if (isRequired(field) || depth < DEEP - 1) return true;
  return field.message === undefined || side === 'answer' ? depth <= DEEP : false;
}

/** Members of oneofs that show more than the first one. */
const preferred: readonly string[] = [
  'human',
  'send_code',
  'send_link',
  'user_id',
  'urls',
  'oidc_configuration',
  'name_filter',
  'user_name_query',
  'password',
];

function valueFor(field: DescField, side: Side, depth: number): JsonValue {
  const rules = side === 'request' ? anyRules.field(field) : undefined;
  if (field.fieldKind === 'map') return { key: field.message === undefined ? text(field) : exampleOf(field.message, side, depth + 1) };
  if (field.fieldKind !== 'list') return single(field, rules, side, depth);
  return [single(field, rules?.kind.case === 'repeated' ? rules.kind.value.items : undefined, side, depth)];
}

function single(field: DescField, rules: Rules | undefined, side: Side, depth: number): JsonValue {
  if (field.message !== undefined) {
    const known = wellKnown[field.message.typeName];
    if (known === undefined) return exampleOf(field.message, side, depth + 1);
    return field.message.typeName === 'google.protobuf.Duration' ? duration(field, rules) : (byName[field.jsonName] ?? known);
  }
  if (field.enum !== undefined) return member(field.enum, rules);
  switch (field.scalar) {
    case ScalarType.BOOL:
      return rules?.kind.case === 'bool' ? (rules.kind.value.const ?? true) : true;
    case ScalarType.STRING:
      return text(field);
    case ScalarType.BYTES:
      return byName[`${field.parent.name}.${field.jsonName}`] ?? 'ZXhhbXBsZQ==';
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return String(numbers[field.jsonName] ?? 1);
    default:
      return numbers[field.jsonName] ?? 1;
  }
}

/** The first that is neither nought nor refused. */
function member({ values }: DescEnum, rules: Rules | undefined): string {
  const refused = rules?.kind.case === 'enum' ? rules.kind.value.notIn : [];
  const found = values.find(({ number }) => number !== 0 && !refused.includes(number)) ?? values[0];
  return found?.name ?? '';
}

/** Within what a rule allows; most have an upper limit of seconds. */
function duration({ jsonName }: DescField, rules: Rules | undefined): string {
  const most = rules?.kind.case === 'duration' ? rules.kind.value.lte : undefined;
  return most === undefined ? (durations[jsonName] ?? '3600s') : Number.parseInt(most, 10) < 10 ? most : '10s';
}

const numbers: Readonly<Record<string, number>> = {
  offset: 0,
  limit: 100,
  totalResult: 1,
  minLength: 8,
  maxAgeDays: 90,
  expireWarnDays: 14,
  sequence: 2,
  count: 10,
};
const durations: Readonly<Record<string, string>> = { lifetime: '86400s' };

const wellKnown: Readonly<Record<string, JsonValue>> = {
  'google.protobuf.Timestamp': '2026-11-25T09:43:10.525913Z',
  'google.protobuf.Duration': '3600s',
  'google.protobuf.FieldMask': '',
  'google.protobuf.Struct': {},
  'google.protobuf.Value': 'value',
  'google.protobuf.ListValue': [],
  'google.protobuf.Any': {},
  'google.protobuf.Empty': {},
  'google.protobuf.BoolValue': true,
  'google.protobuf.StringValue': 'value',
  'google.protobuf.Int32Value': 1,
  'google.protobuf.UInt32Value': 1,
  'google.protobuf.Int64Value': '1',
  'google.protobuf.UInt64Value': '1',
};

/** By the field of a certain message, by its name, or by the ending of its name. */
function text(field: DescField): string {
  const name = field.jsonName;
  const known = byName[`${field.parent.name}.${name}`] ?? byName[name];
  if (typeof known === 'string') return known;
  if (/(^id|I[dD]s?|resourceOwner)$/.test(name)) return '69629026806489455';
  if (/([uU]ri|[uU]rl|[lL]ink|[eE]ndpoint|Origins|issuer|servers)s?$/.test(name)) return 'https://app.example.com/';
  if (/[cC]olor(Dark)?$/.test(name)) return '#1d4ed8';
  if (/[eE]mail(Address)?$/.test(name)) return 'ada@example.com';
  if (/[dD]omain(Name)?s?$/.test(name)) return 'example.com';
  if (/[lL]anguages?$|locale/.test(name)) return 'en';
  if (/[cC]ode$/.test(name)) return 'SKJd342k';
  if (/Attribute$|idAttribute/.test(name)) return 'mail';
  return name;
}

const publicKey = '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n';

const byName: Readonly<Record<string, JsonValue>> = {
  'WebAuthNVerification.publicKeyCredential': Buffer.from(
    JSON.stringify({ id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {} }),
  ).toString('base64'),
  accessToken: 'ya29.a0AfH6SMB…',
  appName: 'Portal',
  applicationId: '69629023906488338',
  appId: '69629023906488338',
  applicationName: 'Portal',
  audience: 'https://app.example.com',
  baseDn: 'dc=example,dc=com',
  bindDn: 'cn=reader,dc=example,dc=com',
  bindPassword: 'Secr3tP4ssw0rd!',
  changeDate: '2026-11-25T09:43:10.525913Z',
  clientId: '69629023906488338@portal',
  clientSecret: 'gjk3aZ…',
  creationDate: '2026-11-25T09:41:02.118204Z',
  currentPassword: 'Secr3tP4ssw0rd!',
  customDomain: 'login.example.com',
  description: 'Sends the invoices',
  displayName: 'Ada Lovelace',
  'ProjectRole.displayName': 'Reader',
  expirationDate: '2027-11-25T00:00:00Z',
  familyName: 'Lovelace',
  firstName: 'Ada',
  firstOrgName: 'Example',
  givenName: 'Ada',
  grantedOrgId: '69629023906488339',
  grantedOrganizationId: '69629023906488339',
  group: 'Portal',
  hash: '$2y$12$hXUrnqdq1RIIYZ2HPytIIe5lXdIvbhqrTvdPsSF7o.jFh817Z6lwm',
  headerName: 'x-auth-token',
  idpId: '69629026806489460',
  idpIntentId: '163840776835432705',
  idpIntentToken: 'SJKL3ioIDpo342ioqw98fjp3sdf32wahb=',
  instanceId: '69629023906488330',
  instanceName: 'Example',
  key: 'department',
  keyContent: 'eyJ0eXBlIjoic2VydmljZWFjY291bnQi…',
  keyId: '69629026806489461',
  keys: 'department',
  lastName: 'Lovelace',
  linkedUserId: '6516849804890468048461403518',
  loginName: 'ada@example.com',
  loginNames: 'ada@example.com',
  name: 'Example',
  nickName: 'ada',
  newPassword: 'Secr3tP4ssw0rd!',
  number: '+41791234567',
  organizationId: '69629023906488334',
  orgId: '69629023906488334',
  passkeyId: '69629026806489462',
  passkeyName: 'Phone of Ada',
  password: 'Secr3tP4ssw0rd!',
  pat: '9TUFsRKMkl4tvM2s…',
  phone: '+41791234567',
  phoneNumber: '+41791234567',
  preferredLanguage: 'en',
  preferredLoginName: 'ada@example.com',
  primaryDomain: 'example.com',
  privateKey: 'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==',
  projectGrantId: '69629023906488340',
  projectId: '69629023906488335',
  projectName: 'Portal',
  publicKey,
  recoveryCode: 'a3f9k-77dmq',
  recoveryCodes: 'a3f9k-77dmq',
  redirectUris: 'https://app.example.com/callback',
  resourceOwner: '69629023906488334',
  roleKey: 'reader',
  roleKeys: 'reader',
  roles: 'ORG_OWNER',
  scopes: 'openid',
  secret: 'TJOPWSDYILLHXFV4MLKNNJOWFG7VSDCK',
  'AddSecretResponse.clientSecret': 'bF4UqG…',
  sessionId: '218480890961985793',
  sessionToken: 'V2_218480890961985793-at_218480890961985794',
  targetId: '69629026806489463',
  'DeleteAdministratorRequest.userId': '69629026806489455',
  'AddAppleProviderRequest.keyId': '1A2B3C4D5E',
  teamId: '1A2B3C4D5E',
  token: 'dEnGhIFs3VnqcQU5D2zRSeiarB1nwH6goIKY0J8M…',
  tokenId: '69629026806489464',
  tokenName: 'YubiKey of Ada',
  totpSecret: 'TJOPWSDYILLHXFV4MLKNNJOWFG7VSDCK',
  u2fId: '69629026806489465',
  'UserAgent.description': 'Firefox on Linux',
  fingerprintId: '6f1d2a9c',
  ip: '203.0.113.7',
  uri: 'otpauth://totp/Example:ada@example.com?secret=TJOPWSDYILLHXFV4MLKNNJOWFG7VSDCK',
  urlTemplate: 'https://app.example.com/verify?userId={{.UserID}}&code={{.Code}}',
  userId: '69629026806489455',
  userName: 'ada',
  username: 'ada',
  value: 'ZXhhbXBsZQ==',
  version: '1.0.0',
};
