/** The options of the published v1 and v2beta descriptors: route, permission, success code, and protoc-gen-validate's rules in our form. */
import { type DescMethod, fromJson, getOption, hasOption, toJson } from '@bufbuild/protobuf';
import { http as httpOption } from '@zitadel/proto/google/api/annotations_pb.js';
import { FieldRulesSchema, required, rules } from '@zitadel/proto/validate/validate_pb.js';
import { auth_option } from '@zitadel/proto/zitadel/options_pb.js';
import { options } from '@zitadel/proto/zitadel/protoc_gen_zitadel/v2/options_pb.js';
import type { HttpBinding, Stated } from './describe.ts';
import { RulesSchema } from './gen/keyward/v1/options_pb.js';
import { goName } from './go-name.ts';
import type { RuleSource } from './rules.ts';
import { compiler } from './validate.ts';

export function http(rpc: DescMethod): HttpBinding | undefined {
  return hasOption(rpc, httpOption) ? getOption(rpc, httpOption) : undefined;
}

/** v1 says it in `auth_option`, v2beta in `options`. */
export function stated(rpc: DescMethod): Pick<Stated, 'permission' | 'orgField' | 'checkField' | 'successCode'> {
  if (hasOption(rpc, auth_option)) {
    const { permission, checkFieldName } = getOption(rpc, auth_option);
    // The option names the field as Go does: `ProjectId`.
    const checkField = rpc.input.fields.find(({ name }) => goName(name) === checkFieldName)?.localName;
    return { permission, orgField: '', checkField, successCode: 200 };
  }
  const { authOption, httpResponse } = getOption(rpc, options);
  const permission = changedSince.get(rpc.parent.typeName) ?? authOption?.permission ?? '';
  return { permission, orgField: authOption?.orgField ?? '', successCode: httpResponse?.successCode ?? 200 };
}

/** Services whose RPCs ask for another permission than the published package says, which is older than the API (proto/facts is the API). */
const changedSince: ReadonlyMap<string, string> = new Map([['zitadel.org.v2beta.OrganizationService', 'authenticated']]);

/** Our Rules were made after protoc-gen-validate's: the JSON of one is the JSON of the other, as far as the API uses it. */
export const legacyRules: RuleSource = {
  hasRules: (field) => hasOption(field, rules),
  field: (field) => {
    if (!hasOption(field, rules)) return undefined;
    const json = toJson(FieldRulesSchema, getOption(field, rules));
    return Object.keys(json as object).length === 0 ? undefined : fromJson(RulesSchema, json);
  },
  isRequired: (oneof) => hasOption(oneof, required) && getOption(oneof, required),
};

export const validatorOf = compiler(legacyRules);
