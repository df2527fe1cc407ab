/** English texts of the message keys, as on the wire of the original. A key without an entry is sent as it is (reference/transport.md 15). */
export const english: Readonly<Record<string, string>> = {
  'Errors.Internal': 'An internal error occurred',
  'Errors.User.UserIDMissing': 'User ID missing',
  'Errors.User.NotFound': 'User could not be found',
  'Errors.User.Locked': 'User is locked',
  'Errors.User.WrongType': 'Not allowed for this user type',
  'Errors.User.AlreadyExists': 'User already exists',
  'Errors.User.AlreadyInactive': 'User already inactive',
  'Errors.User.CantDeactivateInitial': 'User with state initial can only be deleted not deactivated',
  'Errors.User.NotInactive': 'User is not inactive',
  'Errors.User.ShouldBeActiveOrInitial': 'User is not active or initial',
  'Errors.User.NotLocked': 'User is not locked',
};
