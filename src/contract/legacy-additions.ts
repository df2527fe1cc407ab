/**
 * What the API of v1 has beyond the published @zitadel/proto, which is older: fields, messages, enums and RPCs, as data. The published
 * descriptors are read with these added, so that such calls are served like the others.
 */
import { create, createFileRegistry, type DescFile, type DescService, fromJson, type JsonValue, setExtension } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import { HttpRuleSchema } from '@zitadel/proto/google/api/http_pb.js';
import { FieldRulesSchema, rules as rulesOption } from '@zitadel/proto/validate/validate_pb.js';
import { AuthOptionSchema, auth_option } from '@zitadel/proto/zitadel/options_pb.js';

/** `type`: a scalar, or the full name of a message or enum (`enum:` before it). `rules` are those of protoc-gen-validate, as JSON. */
interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: 'string' | 'bool' | `zitadel.${string}` | `enum:zitadel.${string}`;
  readonly is?: 'repeated' | 'optional';
  readonly oneof?: string;
  readonly rules?: JsonValue;
}

interface Additions {
  /** Message → fields, of the package; one that is not published is new. */
  readonly messages: Readonly<Record<string, readonly Field[]>>;
  readonly enums?: Readonly<Record<string, readonly string[]>>;
  /** Name → route and permission; its messages are called after it. */
  readonly rpcs?: Readonly<Record<string, { readonly post: string; readonly permission: string }>>;
}

const text = (least: number, most: number): JsonValue => ({
  string: { ...(least > 0 && { minLen: String(least) }), maxLen: String(most) },
});
const SIGNATURE = 'enum:zitadel.idp.v1.SAMLSignatureAlgorithm';

/** Of both services alike. */
const providerRequests: Additions['messages'] = {
  AddJWTProviderRequest: [{ number: 7, name: 'audience', type: 'string', rules: text(0, 200) }],
  AddSAMLProviderRequest: [{ number: 10, name: 'signature_algorithm', type: SIGNATURE }],
  AddZitadelProviderRequest: [
    { number: 1, name: 'name', type: 'string', rules: text(1, 200) },
    { number: 2, name: 'issuer', type: 'string', rules: text(1, 200) },
    { number: 3, name: 'client_id', type: 'string', rules: text(1, 200) },
    { number: 4, name: 'client_secret', type: 'string', rules: text(1, 1000) },
    { number: 5, name: 'scopes', type: 'string', is: 'repeated', rules: { repeated: { maxItems: '20', items: text(1, 100) } } },
    { number: 6, name: 'provider_options', type: 'zitadel.idp.v1.Options' },
    {
      number: 7,
      name: 'instance_roles_info',
      type: 'zitadel.idp.v1.InstanceRolesInfo',
      is: 'repeated',
      rules: { repeated: { maxItems: '20' } },
    },
  ],
  AddZitadelProviderResponse: [
    { number: 1, name: 'details', type: 'zitadel.v1.ObjectDetails' },
    { number: 2, name: 'id', type: 'string' },
  ],
};

/** By package. */
const additions: Readonly<Record<string, Additions>> = {
  'zitadel.idp.v1': {
    messages: {
      InstanceRolesInfo: [
        { number: 1, name: 'organization_id', type: 'string', rules: text(1, 200) },
        { number: 2, name: 'organization_domain', type: 'string', rules: text(1, 200) },
      ],
      ZitadelConfig: [
        { number: 1, name: 'issuer', type: 'string' },
        { number: 2, name: 'client_id', type: 'string' },
        { number: 3, name: 'scopes', type: 'string', is: 'repeated' },
        { number: 4, name: 'instance_roles_info', type: 'zitadel.idp.v1.InstanceRolesInfo', is: 'repeated' },
      ],
      ProviderConfig: [{ number: 14, name: 'zitadel', type: 'zitadel.idp.v1.ZitadelConfig', oneof: 'config' }],
      JWTConfig: [{ number: 5, name: 'audience', type: 'string', rules: text(0, 200) }],
      SAMLConfig: [{ number: 7, name: 'signature_algorithm', type: SIGNATURE, is: 'optional' }],
    },
    enums: {
      ProviderType: [...Array<string>(13).fill(''), 'PROVIDER_TYPE_ZITADEL'],
      SAMLSignatureAlgorithm: [
        'SAML_SIGNATURE_UNSPECIFIED',
        'SAML_SIGNATURE_RSA_SHA1',
        'SAML_SIGNATURE_RSA_SHA256',
        'SAML_SIGNATURE_RSA_SHA512',
      ],
    },
  },
  'zitadel.admin.v1': {
    messages: providerRequests,
    rpcs: { AddZitadelProvider: { post: '/idps/zitadel', permission: 'iam.idp.write' } },
  },
  'zitadel.management.v1': {
    messages: providerRequests,
    rpcs: { AddZitadelProvider: { post: '/idps/zitadel', permission: 'org.idp.write' } },
  },
};

/** The service with what is added to its package, and to those that it uses. */
export function withAdditions(service: DescService): DescService {
  const file = [...new Map(filesOf(service.file).map((one) => [one.name, completed(one.proto)])).values()];
  const found = createFileRegistry(create(FileDescriptorSetSchema, { file })).getService(service.typeName);
  if (!found) throw new Error(`${service.typeName} is gone`);
  return found;
}

/** Those that it needs first. */
function filesOf(file: DescFile): DescFile[] {
  return [...file.dependencies.flatMap(filesOf), file];
}

function completed(published: FileDescriptorProto): FileDescriptorProto {
  const added = additions[published.package];
  // A package may have several files; the messages of these three lie in one.
  if (!added || !(published.service.length > 0 || published.name === 'zitadel/idp.proto')) return published;
  const file = create(FileDescriptorProtoSchema, {
    ...published,
    messageType: [...published.messageType],
    enumType: [...published.enumType],
  });
  for (const [name, fields] of Object.entries(added.messages)) {
    const at = file.messageType.findIndex((message) => message.name === name);
    const before = file.messageType[at] ?? create(DescriptorProtoSchema, { name });
    file.messageType.splice(at < 0 ? file.messageType.length : at, 1, withFields(before, fields));
  }
  for (const [name, values] of Object.entries(added.enums ?? {})) {
    const at = file.enumType.findIndex((one) => one.name === name);
    const before = file.enumType[at]?.value ?? [];
    const missing = values.flatMap((value, number) =>
      value === '' || before.some((one) => one.number === number) ? [] : create(EnumValueDescriptorProtoSchema, { name: value, number }),
    );
    file.enumType.splice(
      at < 0 ? file.enumType.length : at,
      1,
      create(EnumDescriptorProtoSchema, { name, value: [...before, ...missing] }),
    );
  }
  const [service] = published.service;
  if (service && added.rpcs)
    file.service = [{ ...service, method: [...service.method, ...Object.entries(added.rpcs).map(rpcOf(published.package))] }];
  return file;
}

function withFields(message: DescriptorProto, fields: readonly Field[]): DescriptorProto {
  const oneofDecl = [...message.oneofDecl];
  const made = fields.map((field) => {
    const made = create(FieldDescriptorProtoSchema, {
      name: field.name,
      jsonName: field.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      number: field.number,
      label: field.is === 'repeated' ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
      ...typeOf(field),
    });
    if (field.rules !== undefined) {
      made.options = create(FieldOptionsSchema);
      setExtension(made.options, rulesOption, fromJson(FieldRulesSchema, field.rules));
    }
    if (field.oneof !== undefined) made.oneofIndex = oneofDecl.findIndex(({ name }) => name === field.oneof);
    if (field.is === 'optional') {
      // How proto3 writes what may be absent.
      made.proto3Optional = true;
      made.oneofIndex = oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_${field.name}` })) - 1;
    }
    return made;
  });
  return create(DescriptorProtoSchema, { ...message, oneofDecl, field: [...message.field, ...made] });
}

function typeOf({ type }: Field) {
  if (type === 'string') return { type: FieldDescriptorProto_Type.STRING };
  if (type === 'bool') return { type: FieldDescriptorProto_Type.BOOL };
  return type.startsWith('enum:')
    ? { type: FieldDescriptorProto_Type.ENUM, typeName: `.${type.slice('enum:'.length)}` }
    : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}` };
}

const rpcOf =
  (packageName: string) =>
  ([name, { post, permission }]: [string, { readonly post: string; readonly permission: string }]) => {
    const options = create(MethodOptionsSchema);
    setExtension(options, http, create(HttpRuleSchema, { pattern: { case: 'post', value: post }, body: '*' }));
    setExtension(options, auth_option, create(AuthOptionSchema, { permission }));
    const of = (what: string) => `.${packageName}.${name}${what}`;
    return create(MethodDescriptorProtoSchema, { name, inputType: of('Request'), outputType: of('Response'), options });
  };
