/** The rooms of src/ by floor, top floor first (docs/architecture.md). An import may point down; a new room gets its place here. */
export interface Floor {
  readonly rooms: readonly string[];
  /** Whether its rooms may import one another, without a circle. */
  readonly siblings: 'apart' | 'may meet';
}

export const floors: readonly Floor[] = [
  { rooms: ['main'], siblings: 'apart' },
  { rooms: ['server'], siblings: 'apart' },
  { rooms: ['cli'], siblings: 'apart' },
  { rooms: ['transport', 'oidc', 'saml', 'scim', 'login', 'console', 'docs'], siblings: 'apart' },
  {
    // One room a concept: a slice may call what another slice exports, but not its RPC handlers (`service.ts`).
    rooms: [
      'action',
      'administrator',
      'app',
      'authorization',
      'feature',
      'group',
      'idp',
      'instance',
      'member',
      'metadata',
      'notification',
      'org',
      'project',
      'session',
      'settings',
      'system',
      'user',
      'webkey',
    ],
    siblings: 'may meet',
  },
  { rooms: ['access'], siblings: 'apart' },
  { rooms: ['store'], siblings: 'apart' },
  { rooms: ['contract', 'config', 'log'], siblings: 'apart' },
  { rooms: ['crypto', 'id', 'time', 'outbound'], siblings: 'apart' },
  { rooms: ['failure'], siblings: 'apart' },
];
