import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roles } from './roles.ts';

/** Role → number of distinct permissions, as reference/authn-authz-oidc.md 2.6 counts them. */
const COUNTS: Record<string, number> = {
  SYSTEM_OWNER: 17,
  SYSTEM_OWNER_VIEWER: 5,
  IAM_OWNER: 102,
  IAM_OWNER_VIEWER: 36,
  IAM_ORG_MANAGER: 64,
  IAM_USER_MANAGER: 28,
  IAM_ADMIN_IMPERSONATOR: 2,
  IAM_END_USER_IMPERSONATOR: 1,
  ORG_OWNER: 62,
  IAM_LOGIN_CLIENT: 36,
  ORG_USER_MANAGER: 19,
  ORG_OWNER_VIEWER: 21,
  ORG_SETTINGS_MANAGER: 12,
  ORG_USER_PERMISSION_EDITOR: 16,
  ORG_PROJECT_PERMISSION_EDITOR: 16,
  ORG_PROJECT_CREATOR: 4,
  ORG_ADMIN_IMPERSONATOR: 2,
  ORG_END_USER_IMPERSONATOR: 1,
  PROJECT_OWNER: 26,
  PROJECT_OWNER_VIEWER: 11,
  SELF_MANAGEMENT_GLOBAL: 3,
  ORG_USER_SELF_MANAGER: 2,
  PROJECT_OWNER_GLOBAL: 19,
  PROJECT_OWNER_VIEWER_GLOBAL: 10,
  PROJECT_GRANT_OWNER: 13,
  PROJECT_GRANT_OWNER_VIEWER: 8,
};

test('every role holds as many permissions as the reference counts', () => {
  assert.deepEqual(
    Object.fromEntries([...roles].map(([role, set]) => [role, set.size]).sort()),
    Object.fromEntries(Object.entries(COUNTS).sort()),
  );
});

test('125 permissions are known', () => {
  assert.equal(new Set([...roles.values()].flatMap((set) => [...set])).size, 125);
});
