/** Where the rules of a field are read from: our own options for v2; contract/legacy.ts gives another source. */
import { type DescField, type DescOneof, getOption, hasOption } from '@bufbuild/protobuf';
import { type Rules, required, rules } from './gen/keyward/v1/options_pb.js';

export interface RuleSource {
  readonly hasRules: (field: DescField) => boolean;
  readonly field: (field: DescField) => Rules | undefined;
  readonly isRequired: (oneof: DescOneof) => boolean;
}

export const ownRules: RuleSource = {
  hasRules: (field) => hasOption(field, rules),
  field: (field) => (hasOption(field, rules) ? getOption(field, rules) : undefined),
  isRequired: (oneof) => hasOption(oneof, required) && getOption(oneof, required),
};
