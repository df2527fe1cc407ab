/** What Keyward writes to users: one row a kind of message, with the page that its link leads to. */

export type Channel = 'mail' | 'sms';

interface Kind {
  /** Ways on which it can go. */
  readonly channels: readonly Channel[];
  /** Path below the login's base path, in the words of a URL template; undefined: the message has no link of its own. */
  readonly path?: string;
}

/** reference/user-credentials-v2.md 0.3, instance-and-setup.md 7.5; an invite is redeemed on the page that verifies an address. */
export const KINDS = {
  'verify-email': { channels: ['mail'], path: 'verify?code={{.Code}}&organization={{.OrgID}}&userId={{.UserID}}' },
  'verify-phone': { channels: ['sms'] },
  'password-reset': { channels: ['mail', 'sms'], path: 'password/set?code={{.Code}}&organization={{.OrgID}}&userId={{.UserID}}' },
  invite: { channels: ['mail'], path: 'verify?code={{.Code}}&invite=true&organization={{.OrgID}}&userId={{.UserID}}' },
  'passkey-link': { channels: ['mail'], path: 'passkey/set?code={{.Code}}&codeId={{.CodeID}}&organization={{.OrgID}}&userId={{.UserID}}' },
  'password-changed': { channels: ['mail'] },
  'domain-claimed': { channels: ['mail'] },
  'otp-email': { channels: ['mail'], path: 'otp/email?code={{.Code}}&userId={{.UserID}}&sessionId={{.SessionID}}' },
  'otp-sms': { channels: ['sms'] },
} as const satisfies Record<string, Kind>;

export type MessageKind = keyof typeof KINDS;
export const messageKinds = Object.keys(KINDS) as readonly MessageKind[]; // the keys of a literal object are its names

/** Where the login lies on every instance. */
const LOGIN = '/ui/v2/login/';

/** The template of a link where none was given: from the root of the instance's origin. */
export function defaultTemplate(kind: MessageKind): string | undefined {
  const { path }: Kind = KINDS[kind];
  return path === undefined ? undefined : `${LOGIN}${path}`;
}
