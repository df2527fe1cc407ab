/** The kinds of policies as commands see them: name of the events, values that are refused, and what is told when (reference/v1-minimum.md, "Own policies"). */
import type { ComplexityPolicy, LabelPolicy, LoginPolicy, Policies, PolicyKind } from '../access/policy.ts';
import { uriFault } from '../contract/uri.ts';
import { Failure, type Reason } from '../failure/failure.ts';

export interface Kind<K extends PolicyKind = PolicyKind> {
  /** Behind `org.` or `instance.` in the type of its events, before `.added`, `.changed`, `.removed`. */
  readonly stem: string;
  /** Where a change has another name than `changed`. */
  readonly changed?: string;
  /** The organization has one. */
  readonly exists: Reason;
  /** It has none to change. */
  readonly missing: Reason;
  /** It has none to remove. */
  readonly notThere: Reason;
  readonly unchanged: { readonly org: Reason; readonly instance: Reason };
  /** Throws what a value is refused with. */
  readonly check: (value: Partial<Policies[K]>) => void;
  /** What is removed with it. */
  readonly with?: readonly PolicyKind[];
}

const exists = (key: string, id: string): Reason => ({ code: 'already_exists', key, id });
const missing = (key: string, id: string): Reason => ({ code: 'not_found', key, id });
const same = (key: string, id: string): Reason => ({ code: 'failed_precondition', key, id });
const refused = (key: string, id: string): Reason => ({ code: 'invalid_argument', key, id });
const anything = (): void => undefined;

const NOTHING = same('Errors.NoChangesFound', 'POLICY-EWsf3');
/** Of kinds that are only ever set as a whole, at one level. */
const only = <K extends PolicyKind>(stem: string, changed: string): Kind<K> => ({
  stem,
  changed,
  exists: exists(stem, ''),
  missing: missing(stem, ''),
  notThere: missing(stem, ''),
  unchanged: { org: NOTHING, instance: NOTHING },
  check: anything,
});

const label: Kind<'label'> = {
  stem: 'policy.label',
  exists: exists('Errors.Org.LabelPolicy.AlreadyExists', 'Org-2B0ps'),
  missing: missing('Private Label Policy not found', 'Org-0K9dq'),
  notThere: missing('Private Label Policy not found', 'Org-3M9df'),
  unchanged: {
    org: same('Private Label Policy has not been changed', 'Org-8nfSr'),
    instance: same('Private Label Policy has not been changed', 'KEYWARD-sameLabel'), // its id was not observed
  },
  check: checkColors,
  with: ['label'],
};

export const kinds: { readonly [K in PolicyKind]: Kind<K> } = {
  login: {
    stem: 'policy.login',
    exists: exists('Login Policy already exists', 'Org-Dgfb2'),
    missing: missing('Login Policy not found', 'Org-M0sif'),
    notThere: missing('Login Policy not found', 'Org-GHB37'),
    unchanged: {
      org: same('Errors.Org.LoginPolicy.NotChanged', 'Org-5M9vdd'),
      instance: same('Default Login Policy has not been changed', 'INSTANCE-5M9vdd'),
    },
    check: checkRedirect,
  },
  complexity: {
    stem: 'policy.password.complexity',
    exists: exists('Password Complexity Policy already exists', 'Org-LdhbS'),
    missing: missing('Password Complexity Policy not found', 'ORG-Dgs3g'),
    notThere: missing('Password Complexity Policy not found', 'ORG-ADgs2'),
    unchanged: {
      org: same('Errors.Org.PasswordComplexityPolicy.NotChanged', 'Org-DAs21'),
      instance: same('Default Password Complexity Policy has not been changed', 'INSTANCE-9jlsf'),
    },
    check: checkLength,
  },
  age: {
    stem: 'policy.password.age',
    exists: exists('Password Age Policy already exists', 'ORG-Lk0dS'),
    missing: missing('Password Age Policy not found', 'ORG-0oPew'),
    notThere: missing('Password Age Policy not found', 'ORG-Dgs1g'),
    unchanged: {
      org: same('Errors.ORg.LabelPolicy.NotChanged', 'Org-dsgjR'),
      instance: same('Default Password Age Policy has not been changed', 'INSTANCE-180sf'),
    },
    check: anything,
  },
  lockout: {
    stem: 'policy.lockout',
    exists: exists('Errors.ORG.LockoutPolicy.AlreadyExists', 'ORG-0olDf'),
    missing: missing('Errors.Org.LockoutPolicy.NotFound', 'ORG-ADfs1'),
    notThere: missing('Errors.Org.LockoutPolicy.NotFound', 'ORG-D4zuz'),
    unchanged: {
      org: same('Errors.Org.LockoutPolicy.NotChanged', 'ORG-0JFSr'),
      instance: same('Errors.Instance.LockoutPolicy.NotChanged', 'INSTANCE-0psjF'),
    },
    check: anything,
  },
  privacy: {
    stem: 'policy.privacy',
    exists: exists('Errors.Org.PrivacyPolicy.AlreadyExists', 'Org-0oLpd'),
    missing: missing('Errors.Org.PrivacyPolicy.NotFound', 'ORG-Ng8sf'),
    notThere: missing('Errors.Org.PrivacyPolicy.NotFound', 'ORG-Ze9gs'),
    unchanged: {
      org: same('Errors.Org.PrivacyPolicy.NotChanged', 'Org-4N9fs'),
      instance: same('Errors.Instance.PrivacyPolicy.NotChanged', 'INSTANCE-9jJfs'),
    },
    check: anything,
  },
  notification: {
    stem: 'policy.notification',
    exists: exists('Notification Policy already exists', 'Org-xa08n2'),
    missing: missing('Notification Policy not found', 'ORG-x029n3'),
    notThere: missing('Notification Policy not found', 'ORG-x029n1s'),
    unchanged: {
      org: same('Notification Policy not changed', 'Org-ioqnxz'),
      instance: same('Default Notification Policy not changed', 'INSTANCE-29x02n'),
    },
    check: anything,
  },
  label,
  label_preview: label,
  domain: {
    stem: 'policy.domain',
    exists: exists('Errors.Org.DomainPolicy.AlreadyExists', 'ORG-1M8ds'),
    missing: missing('Errors.Org.DomainPolicy.NotFound', 'ORG-2N9sd'),
    notThere: missing('Errors.Org.DomainPolicy.NotFound', 'ORG-Dvsh3'),
    unchanged: {
      org: same('Private Label Policy has not been changed', 'ORG-3M9ds'),
      instance: same('Organization Domain Policy has not been changed', 'INSTANCE-pl9fN'),
    },
    check: anything,
  },
  security: only('policy.security', 'set'),
  restrictions: only('restrictions', 'set'),
  organization: only('settings.organization', 'set'),
  links: only('settings.links', 'set'),
};

/** With a scheme, or a path; blanks belong in neither. */
const ABSOLUTE = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)\S*$/;

function checkRedirect({ defaultRedirectUri: uri = '' }: Partial<LoginPolicy>): void {
  if (uri !== '' && (!ABSOLUTE.test(uri) || uriFault(uri) !== undefined))
    throw new Failure(refused('Default Redirect URI is invalid', 'Org-WSfdq'));
}

/** As long as bcrypt takes, which is what clients of the original know as the most. */
const LONGEST = 72;

function checkLength({ minLength }: Partial<ComplexityPolicy>): void {
  if (minLength !== undefined && (minLength < 1 || minLength > LONGEST)) {
    throw new Failure(refused('Given minimum length is not allowed', 'MODEL-Lsp0e'));
  }
}

const COLOR = /^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/;
/** The id of the primary colour was observed, those of the others are ours. */
const COLORS = {
  primaryColor: ['Primary', 'POLICY-391dG'],
  backgroundColor: ['Background', 'KEYWARD-color'],
  warnColor: ['Warn', 'KEYWARD-color'],
  fontColor: ['Font', 'KEYWARD-color'],
  primaryColorDark: ['Primary dark', 'KEYWARD-color'],
  backgroundColorDark: ['Background dark', 'KEYWARD-color'],
  warnColorDark: ['Warn dark', 'KEYWARD-color'],
  fontColorDark: ['Font dark', 'KEYWARD-color'],
} as const;

function checkColors(label: Partial<LabelPolicy>): void {
  for (const [name, [what, id]] of Object.entries(COLORS) as [keyof typeof COLORS, readonly [string, string]][]) {
    // the keys of a literal object are its names
    const color = label[name];
    if (color && !COLOR.test(color)) throw new Failure(refused(`${what} color is no valid Hex color value`, id));
  }
}
