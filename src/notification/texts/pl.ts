import type { Texts } from './texts.ts';

export const pl: Texts = {
  greeting: 'Dzień dobry, {name},',
  code: 'Kod:',
  unasked: 'Jeśli ta prośba nie pochodzi od Ciebie, nie musisz nic robić.',
  mails: {
    'verify-email': {
      subject: 'Potwierdź swój adres e-mail',
      body: 'Potwierdź, że ten adres e-mail należy do Ciebie.',
      button: 'Potwierdź adres',
    },
    'password-reset': {
      subject: 'Ustaw nowe hasło',
      body: 'Otrzymaliśmy prośbę o nowe hasło dla {username}. Jeśli pochodzi od Ciebie, ustaw je teraz.',
      button: 'Ustaw hasło',
    },
    invite: {
      subject: 'Zaproszenie do {application}',
      body: 'Masz zaproszenie do {application}. Twoja nazwa użytkownika to {username}. Skonfiguruj konto, aby zacząć.',
      button: 'Przyjmij zaproszenie',
      unasked: 'Jeśli nie spodziewasz się zaproszenia, możesz zignorować tę wiadomość.',
    },
    'passkey-link': {
      subject: 'Dodaj klucz dostępu',
      body: 'Możesz teraz dodać klucz dostępu do swojego konta {username}. Otwórz link na urządzeniu, którym chcesz się logować.',
      button: 'Dodaj klucz dostępu',
    },
    'password-changed': {
      subject: 'Twoje hasło zostało zmienione',
      body: 'Hasło użytkownika {username} zostało zmienione.',
      unasked: 'Jeśli to nie Ty, natychmiast zresetuj hasło i powiadom administratora.',
    },
    'domain-claimed': {
      subject: 'Twoja nazwa użytkownika uległa zmianie',
      body: 'Domena {domain} należy teraz do innej organizacji, dlatego Twoja nazwa użytkownika nie mogła pozostać. Od teraz loguj się jako {username}.',
      unasked: 'Administrator może nadać Ci inną nazwę użytkownika.',
    },
    'otp-email': {
      subject: 'Twój kod logowania',
      body: 'Ktoś loguje się jako {username}. Jeśli to Ty, wpisz ten kod lub otwórz link; jest ważny przez pięć minut.',
      button: 'Zaloguj się',
      unasked: 'Jeśli to nie Ty, nie podawaj nikomu tego kodu i zmień hasło.',
    },
  },
  messages: {
    'verify-phone': '{code} to Twój kod do potwierdzenia tego numeru telefonu.',
    'password-reset': '{code} to Twój kod do ustawienia nowego hasła. {link}',
    'otp-sms': '{code} to Twój kod logowania. Jest ważny przez pięć minut; nie podawaj go nikomu.\n\n@{host} #{code}',
  },
};
