/** What of an OIDC configuration departs from what is safe for its kind of application. It is told, and forbids nothing (reference/org-and-settings.md 9.2). */
import { appTypes, authMethods, grantTypes, type OidcConfig } from './config.ts';

const texts = {
  NotCompliant: 'Your configuration is not compliant and differs from OIDC 1.0 standard.',
  NoRedirectUris: 'At least one redirect uri must be registered.',
  NotAllCombinationsAreAllowed: 'Not all combinations of grant types are allowed.',
  'Code.RedirectUris.HttpOnlyForWeb': 'Grant type "code" only allows http redirect uris for apptype "web".',
  'Code.RedirectUris.CustomOnlyForNative': 'Grant type "code" only allows custom redirect uris for apptype "native"  (e.g appname:// )',
  'Implicit.RedirectUris.CustomNotAllowed': "Grant type implicit doesn't allow custom redirect uris",
  'Implicit.RedirectUris.HttpNotAllowed': "Grant type implicit doesn't allow http redirect uris",
  'Native.RedirectUris.MustBeHttpLocalhost':
    'Redirect URIs must begin with your own protocol, http://127.0.0.1, http://[::1] or http://localhost.',
  'Native.AuthMethodType.NotNone': 'Native applications should have authmethodtype none.',
  'UserAgent.AuthMethodType.NotNone': 'User agent applications should have authmethodtype none.',
  'GrantType.Refresh.NoAuthCode': 'Grant type refresh token is only allowed together with authorization code.',
} as const;

type Problem = keyof typeof texts;

export interface ComplianceProblem {
  readonly key: string;
  /** In English, for v1; v2 tells none. */
  readonly text: string;
}

/** None: compliant. Else it begins with the general one, which applications that are none of the web show twice, as on the original. */
export function complianceProblems(config: OidcConfig): readonly ComplianceProblem[] {
  const found = rules.filter(([, holds]) => holds(config)).map(([problem]) => problem);
  if (found.length === 0) return [];
  const general: readonly Problem[] = config.appType === appTypes.web ? ['NotCompliant'] : ['NotCompliant', 'NotCompliant'];
  return [...general, ...found].map((problem) => ({ key: `Application.OIDC.V1.${problem}`, text: texts[problem] }));
}

const isHttp = (uri: string): boolean => uri.startsWith('http://');
const isCustom = (uri: string): boolean => !uri.startsWith('http://') && !uri.startsWith('https://');
/** With a port that is one, or none. */
const isLocal = (uri: string): boolean =>
  URL.canParse(uri) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(uri).hostname) && isHttp(uri);

const isNative = ({ appType }: OidcConfig): boolean => appType === appTypes.native;
const hasCode = ({ grantTypes: open }: OidcConfig): boolean => open.includes(grantTypes.authorizationCode);
const hasImplicit = ({ grantTypes: open }: OidcConfig): boolean => open.includes(grantTypes.implicit);

const rules: readonly (readonly [Problem, (config: OidcConfig) => boolean])[] = [
  ['NoRedirectUris', (config) => config.redirectUris.length === 0 && (hasCode(config) || hasImplicit(config))],
  ['NotAllCombinationsAreAllowed', (config) => hasCode(config) && hasImplicit(config)],
  ['Implicit.RedirectUris.CustomNotAllowed', (config) => hasImplicit(config) && config.redirectUris.some(isCustom)],
  [
    'Implicit.RedirectUris.HttpNotAllowed',
    (config) => hasImplicit(config) && config.redirectUris.some((uri) => isHttp(uri) && !(isNative(config) && isLocal(uri))),
  ],
  ['Code.RedirectUris.CustomOnlyForNative', (config) => hasCode(config) && !isNative(config) && config.redirectUris.some(isCustom)],
  [
    'Code.RedirectUris.HttpOnlyForWeb',
    (config) => hasCode(config) && config.appType === appTypes.userAgent && config.redirectUris.some(isHttp),
  ],
  [
    'Native.RedirectUris.MustBeHttpLocalhost',
    (config) => isNative(config) && hasCode(config) && config.redirectUris.some((uri) => isHttp(uri) && !isLocal(uri)),
  ],
  ['GrantType.Refresh.NoAuthCode', (config) => config.grantTypes.includes(grantTypes.refreshToken) && !hasCode(config)],
  ['Native.AuthMethodType.NotNone', (config) => isNative(config) && config.authMethod !== authMethods.none],
  ['UserAgent.AuthMethodType.NotNone', (config) => config.appType === appTypes.userAgent && config.authMethod !== authMethods.none],
];
