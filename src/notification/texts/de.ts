import type { Texts } from './texts.ts';

export const de: Texts = {
  greeting: 'Guten Tag {name},',
  code: 'Ihr Code:',
  unasked: 'Falls Sie das nicht angefordert haben, brauchen Sie nichts zu tun.',
  mails: {
    'verify-email': {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      body: 'Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört.',
      button: 'Adresse bestätigen',
    },
    'password-reset': {
      subject: 'Neues Passwort wählen',
      body: 'Für {username} wurde ein neues Passwort angefordert. Wenn Sie das waren, wählen Sie jetzt eines.',
      button: 'Passwort wählen',
    },
    invite: {
      subject: 'Ihre Einladung zu {application}',
      body: 'Sie sind zu {application} eingeladen. Ihr Benutzername ist {username}. Richten Sie Ihr Konto ein, um zu beginnen.',
      button: 'Einladung annehmen',
      unasked: 'Falls Sie keine Einladung erwarten, können Sie diese Nachricht ignorieren.',
    },
    'passkey-link': {
      subject: 'Passkey hinzufügen',
      body: 'Sie können Ihrem Konto {username} jetzt einen Passkey hinzufügen. Öffnen Sie den Link auf dem Gerät, mit dem Sie sich anmelden wollen.',
      button: 'Passkey hinzufügen',
    },
    'password-changed': {
      subject: 'Ihr Passwort wurde geändert',
      body: 'Das Passwort von {username} wurde geändert.',
      unasked: 'Falls Sie das nicht waren, setzen Sie Ihr Passwort sofort zurück und informieren Sie Ihre Administration.',
    },
    'domain-claimed': {
      subject: 'Ihr Benutzername hat sich geändert',
      body: 'Die Domain {domain} gehört jetzt einer anderen Organisation; Ihr Benutzername konnte deshalb nicht bleiben. Melden Sie sich von nun an als {username} an.',
      unasked: 'Ihre Administration kann Ihnen einen anderen Benutzernamen geben.',
    },
    'otp-email': {
      subject: 'Ihr Code für die Anmeldung',
      body: 'Jemand meldet sich als {username} an. Wenn Sie das sind, geben Sie diesen Code ein oder folgen Sie dem Link; er gilt fünf Minuten.',
      button: 'Anmelden',
      unasked: 'Wenn Sie das nicht sind, geben Sie den Code niemandem und wählen Sie ein anderes Passwort.',
    },
  },
  messages: {
    'verify-phone': '{code} ist Ihr Code, um diese Telefonnummer zu bestätigen.',
    'password-reset': '{code} ist Ihr Code für ein neues Passwort. {link}',
    'otp-sms': '{code} ist Ihr Code für die Anmeldung. Er gilt fünf Minuten; geben Sie ihn niemandem.\n\n@{host} #{code}',
  },
};
