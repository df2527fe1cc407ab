import type { Texts } from './texts.ts';

export const nl: Texts = {
  greeting: 'Hallo {name},',
  code: 'Uw code:',
  unasked: 'Als u hier niet om hebt gevraagd, hoeft u niets te doen.',
  mails: {
    'verify-email': {
      subject: 'Bevestig uw e-mailadres',
      body: 'Bevestig dat dit e-mailadres van u is.',
      button: 'Adres bevestigen',
    },
    'password-reset': {
      subject: 'Kies een nieuw wachtwoord',
      body: 'Er is een nieuw wachtwoord aangevraagd voor {username}. Als u dat was, kies er dan nu een.',
      button: 'Wachtwoord kiezen',
    },
    invite: {
      subject: 'Uw uitnodiging voor {application}',
      body: 'U bent uitgenodigd voor {application}. Uw gebruikersnaam is {username}. Stel uw account in om te beginnen.',
      button: 'Uitnodiging aannemen',
      unasked: 'Als u geen uitnodiging verwacht, kunt u dit bericht negeren.',
    },
    'passkey-link': {
      subject: 'Voeg een passkey toe',
      body: 'U kunt nu een passkey toevoegen aan uw account {username}. Open de link op het apparaat waarmee u wilt inloggen.',
      button: 'Passkey toevoegen',
    },
    'password-changed': {
      subject: 'Uw wachtwoord is gewijzigd',
      body: 'Het wachtwoord van {username} is gewijzigd.',
      unasked: 'Als u dat niet was, stel dan meteen een nieuw wachtwoord in en waarschuw uw beheerder.',
    },
    'domain-claimed': {
      subject: 'Uw gebruikersnaam is gewijzigd',
      body: 'Het domein {domain} is nu van een andere organisatie, daarom kon uw gebruikersnaam niet blijven. Log voortaan in als {username}.',
      unasked: 'Uw beheerder kan u een andere gebruikersnaam geven.',
    },
    'otp-email': {
      subject: 'Uw code om in te loggen',
      body: 'Iemand logt in als {username}. Bent u dat, typ dan deze code of volg de link; hij is vijf minuten geldig.',
      button: 'Inloggen',
      unasked: 'Bent u dat niet, geef deze code dan aan niemand en kies een ander wachtwoord.',
    },
  },
  messages: {
    'verify-phone': '{code} is uw code om dit telefoonnummer te bevestigen.',
    'password-reset': '{code} is uw code voor een nieuw wachtwoord. {link}',
    'otp-sms': '{code} is uw code om in te loggen. Hij is vijf minuten geldig; geef hem aan niemand.\n\n@{host} #{code}',
  },
};
