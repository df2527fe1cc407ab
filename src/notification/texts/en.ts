import type { Texts } from './texts.ts';

export const en: Texts = {
  greeting: 'Hello {name},',
  code: 'Your code:',
  unasked: 'If you did not ask for this, you need not do anything.',
  mails: {
    'verify-email': {
      subject: 'Confirm your e-mail address',
      body: 'Please confirm that this e-mail address is yours.',
      button: 'Confirm address',
    },
    'password-reset': {
      subject: 'Choose a new password',
      body: 'Somebody asked for a new password for {username}. If it was you, choose one now.',
      button: 'Choose password',
    },
    invite: {
      subject: 'Your invitation to {application}',
      body: 'You are invited to {application}. Your user name is {username}. Set up your account to begin.',
      button: 'Accept invitation',
      unasked: 'If you do not expect an invitation, you can ignore this message.',
    },
    'passkey-link': {
      subject: 'Add a passkey',
      body: 'You can now add a passkey to your account {username}. Open the link on the device that you want to log in with.',
      button: 'Add passkey',
    },
    'password-changed': {
      subject: 'Your password was changed',
      body: 'The password of {username} was changed.',
      unasked: 'If it was not you, reset your password at once and tell your administrator.',
    },
    'domain-claimed': {
      subject: 'Your user name has changed',
      body: 'The domain {domain} now belongs to another organization, so your user name could not stay. From now on, log in as {username}.',
      unasked: 'Your administrator can give you another user name.',
    },
    'otp-email': {
      subject: 'Your code to log in',
      body: 'Somebody logs in as {username}. If it is you, type this code or follow the link; it is good for five minutes.',
      button: 'Log in',
      unasked: 'If it is not you, tell nobody this code, and choose another password.',
    },
  },
  messages: {
    'verify-phone': '{code} is your code to confirm this phone number.',
    'password-reset': '{code} is your code for a new password. {link}',
    'otp-sms': '{code} is your code to log in. It is good for five minutes; tell nobody.\n\n@{host} #{code}',
  },
};
