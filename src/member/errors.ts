/** What commands on members fail with, by level (reference/org-and-settings.md, administrators; v1-minimum.md). */
import type { Reason } from '../failure/failure.ts';

export interface MemberErrors {
  readonly noRoles: Reason | undefined;
  readonly badRole: Reason;
  readonly noRolesOnUpdate: Reason;
  readonly badRoleOnUpdate: Reason;
  readonly unknownUser: Reason;
  readonly exists: Reason;
  readonly missing: Reason;
}

export const errors = {
  instance: {
    noRoles: undefined, // accepted, as on the original
    badRole: { code: 'invalid_argument', key: 'Errors.Instance.MemberInvalid', id: 'INSTANCE-4m0fS' },
    noRolesOnUpdate: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'INSTANCE-LiaZi' },
    badRoleOnUpdate: { code: 'invalid_argument', key: 'Errors.Instance.MemberInvalid', id: 'INSTANCE-3m9fs' },
    unknownUser: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'INSTA-GSXOn' },
    exists: { code: 'already_exists', key: 'Errors.Instance.Member.AlreadyExists', id: 'INSTA-pFDwe' },
    missing: { code: 'not_found', key: 'Errors.NotFound', id: 'INSTANCE-D8JxR' },
  },
  organization: {
    noRoles: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'ORG-4Mlfs' },
    badRole: { code: 'invalid_argument', key: 'Errors.Org.MemberInvalid', id: 'Org-4N8es' },
    noRolesOnUpdate: { code: 'invalid_argument', key: 'Errors.Invalid.Argument', id: 'Org-LiaZi' },
    badRoleOnUpdate: { code: 'invalid_argument', key: 'Errors.Org.MemberInvalid', id: 'INST-m9fG8' },
    unknownUser: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'ORG-GoXOn' },
    exists: { code: 'already_exists', key: 'Errors.Org.Member.AlreadyExists', id: 'ORG-poWwe' },
    missing: { code: 'not_found', key: 'Errors.NotFound', id: 'Org-D8JxR' },
  },
  project: {
    noRoles: { code: 'invalid_argument', key: 'Errors.Project.Member.Invalid', id: 'PROJECT-W8m4l' },
    badRole: { code: 'invalid_argument', key: 'Errors.Project.Member.Invalid', id: 'PROJECT-3m9ds' },
    noRolesOnUpdate: { code: 'invalid_argument', key: 'Errors.Project.Member.Invalid', id: 'PROJECT-LiaZi' },
    badRoleOnUpdate: { code: 'invalid_argument', key: 'Errors.Project.Member.Invalid', id: 'PROJECT-3m9d' },
    unknownUser: { code: 'failed_precondition', key: 'Errors.User.NotFound', id: 'PROJECT-W8m4l' },
    exists: { code: 'already_exists', key: 'Errors.Project.Member.AlreadyExists', id: 'PROJECT-PtXi1' },
    missing: { code: 'not_found', key: 'Errors.NotFound', id: 'PROJECT-D8JxR' },
  },
} as const satisfies Record<string, MemberErrors>;

/** Ours: nobody gives away the last owner's role without saying so (DESIGN.md 8). */
export const lastOwner: Reason = { code: 'failed_precondition', key: 'Errors.User.LastOwner', id: 'KEYWARD-lastOwner' };

/** As of roles and applications of a project that is not there. */
export const projectNotFound: Reason = { code: 'failed_precondition', key: 'Errors.Project.NotFound', id: 'COMMAND-EbFMN' };

/** Of a system user who names no organization, or of one that is removed meanwhile (DESIGN.md 8). */
export const orgNotFound: Reason = { code: 'failed_precondition', key: 'Errors.Org.NotFound', id: 'COMMAND-QXPGs' };

/** Filters of ListAdministrators, as the queries of ListUsers. */
export const nestedTooDeep: Reason = { code: 'invalid_argument', key: 'Too many query nesting levels (Max 20)', id: 'PERM-zsQ97' };
export const emptyList: Reason = { code: 'invalid_argument', key: 'List.Query.Invalid', id: 'GRPC-vR9nC' };
