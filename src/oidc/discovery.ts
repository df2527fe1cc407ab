/** The discovery document (OpenID Connect Discovery 1.0 section 3): what is served here, and nothing else. */
import { assertionAlgorithms } from './jwt-profile.ts';
import { grantTypes } from './token.ts';

export const paths = {
  discovery: '/.well-known/openid-configuration',
  token: '/oauth/v2/token',
  introspection: '/oauth/v2/introspect',
  keys: '/oauth/v2/keys',
  userinfo: '/oidc/v1/userinfo',
} as const;

export const discovery = (issuer: string) => ({
  issuer,
  token_endpoint: issuer + paths.token,
  introspection_endpoint: issuer + paths.introspection,
  userinfo_endpoint: issuer + paths.userinfo,
  jwks_uri: issuer + paths.keys,
  scopes_supported: ['openid', 'profile'],
  // No response is given before somebody can log in here; the field is required.
  response_types_supported: [],
  grant_types_supported: grantTypes,
  subject_types_supported: ['public'],
  // Those of the keys that can be chosen (webkey/key.ts).
  id_token_signing_alg_values_supported: ['EdDSA', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  introspection_endpoint_auth_signing_alg_values_supported: ['RS256'],
  claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'auth_time', 'amr', 'at_hash', 'client_id', 'azp', 'preferred_username', 'name'],
  request_uri_parameter_supported: false,
});
