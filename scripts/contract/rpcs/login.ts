/** SessionService, OIDCService, SAMLService: our words and doors (reference/session-service-v2.md). */
import type { Rpcs } from './row.ts';

export const sessionService: Rpcs = {
  text: 'Sessions: which factors of a user were checked, and the token that proves it.',
  rpcs: {
    ListSessions: ['none', 'Lists the sessions that match every query, as far as the caller may read them.'],
    GetSession: ['none', 'Reads a session; needs its token, session.read, or to be its creator or its user.'],
    CreateSession: ['session', 'Begins a session, checks the factors that are given, and returns its token; needs session.write.'],
    SetSession: [
      'session',
      'Checks more factors in a session, changes its metadata or lifetime, and returns a new token; needs session.write.',
    ],
    DeleteSession: ['none', 'Ends a session; needs its token, session.delete, or to be its creator or its user.'],
  },
};

export const oidcService: Rpcs = {
  text: 'What a login page of your own needs to finish an OpenID Connect or device authorization.',
  rpcs: {
    GetAuthRequest: ['none', 'Reads what a client asked for at the authorization endpoint.'],
    CreateCallback: [
      'authorize',
      'Ends an authorization request with a session or an error, and gives the address to send the browser to.',
    ],
    GetDeviceAuthorizationRequest: ['none', 'Reads what a device asked for, by the code that it shows.'],
    AuthorizeOrDenyDeviceAuthorization: ['authorize', 'Grants a device access by a session, or denies it.'],
  },
};

export const samlService: Rpcs = {
  text: 'What a login page of your own needs to finish a SAML login.',
  rpcs: {
    GetSAMLRequest: ['none', 'Reads what a service provider asked for.'],
    CreateResponse: ['saml', 'Ends a SAML request with a session or an error, and gives the response to hand to the service provider.'],
  },
};
