/** State × step of reference/user-service-v2.md 3.3, written down from there, not from the code: what the tests hold the product against. */
import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { UserState } from '../../src/access/gate.ts';
import type { Code } from '../../src/failure/failure.ts';
import { user } from '../support/ask.ts';

/** A call that takes a user id, and whose answer (that of the v1 calls apart) has details. */
export type StateCall = typeof user.deactivateUser;
export const stateCall = (rpc: DescMethodUnary) => rpc as StateCall; // the messages have other names, and the same fields

/** What is refused. */
export interface Cell {
  readonly code: Code;
  readonly text: string;
  readonly id: string;
}

export type State = UserState | 'none';
export type StepName = (typeof steps)[number]['name'];
/** Step → the state it leads to, or the refusal. */
export type Row = Readonly<Record<StepName, State | Cell>>;

/** `create` makes a machine anew under the id of one who was deleted. */
export const steps = [
  { name: 'create', event: 'user.machine.added', rpc: undefined },
  { name: 'deactivate', event: 'user.deactivated', rpc: stateCall(user.deactivateUser) },
  { name: 'reactivate', event: 'user.reactivated', rpc: stateCall(user.reactivateUser) },
  { name: 'lock', event: 'user.locked', rpc: stateCall(user.lockUser) },
  { name: 'unlock', event: 'user.unlocked', rpc: stateCall(user.unlockUser) },
  { name: 'delete', event: 'user.removed', rpc: stateCall(user.deleteUser) },
] as const satisfies readonly { name: string; event: string; rpc: StateCall | undefined }[];

const cell =
  (code: Code, text: string) =>
  (id: string): Cell => ({ code, text: `${text} (COMMAND-${id})`, id: `COMMAND-${id}` });
const missing = cell('not_found', 'User could not be found');
const notInactive = cell('failed_precondition', 'User is not inactive')('s5qqcz97hf');
const notLocked = cell('failed_precondition', 'User is not locked')('olb9vb0oca');
const notActive = cell('failed_precondition', 'User is not active or initial')('lgws8wtsqf');
const exists = cell('failed_precondition', 'Errors.User.AlreadyExisting')('k2una');

export const matrix = {
  none: {
    create: 'active',
    deactivate: missing('5gp2p62iin'),
    reactivate: missing('9hy5kzbuk6'),
    lock: missing('450yxuqrh1'),
    unlock: missing('x377t913pw'),
    delete: missing('bd4ir1mblj'),
  },
  initial: {
    create: exists,
    deactivate: cell('failed_precondition', 'User with state initial can only be deleted not deactivated')('gvx4kct9r2'),
    reactivate: notInactive,
    lock: 'locked',
    unlock: notLocked,
    delete: 'none',
  },
  active: { create: exists, deactivate: 'inactive', reactivate: notInactive, lock: 'locked', unlock: notLocked, delete: 'none' },
  inactive: {
    create: exists,
    deactivate: cell('failed_precondition', 'User already inactive')('5gunjw0cd7'),
    reactivate: 'active',
    lock: notActive,
    unlock: notLocked,
    delete: 'none',
  },
  locked: { create: exists, deactivate: 'inactive', reactivate: notInactive, lock: notActive, unlock: 'active', delete: 'none' },
} as const satisfies Record<State, Row>;
