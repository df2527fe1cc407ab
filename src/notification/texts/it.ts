import type { Texts } from './texts.ts';

export const it: Texts = {
  greeting: 'Buongiorno {name},',
  code: 'Il suo codice:',
  unasked: 'Se non è stato lei a richiederlo, non deve fare nulla.',
  mails: {
    'verify-email': {
      subject: 'Confermi il suo indirizzo e-mail',
      body: 'Confermi che questo indirizzo e-mail è suo.',
      button: 'Conferma indirizzo',
    },
    'password-reset': {
      subject: 'Scelga una nuova password',
      body: 'È stata richiesta una nuova password per {username}. Se è stato lei, ne scelga una ora.',
      button: 'Scegli password',
    },
    invite: {
      subject: 'Il suo invito a {application}',
      body: 'Ha ricevuto un invito a {application}. Il suo nome utente è {username}. Configuri il suo account per iniziare.',
      button: 'Accetta invito',
      unasked: 'Se non aspetta alcun invito, può ignorare questo messaggio.',
    },
    'passkey-link': {
      subject: 'Aggiunga una passkey',
      body: 'Ora può aggiungere una passkey al suo account {username}. Apra il link sul dispositivo con cui vuole accedere.',
      button: 'Aggiungi passkey',
    },
    'password-changed': {
      subject: 'La sua password è stata modificata',
      body: 'La password di {username} è stata modificata.',
      unasked: 'Se non è stato lei, reimposti subito la password e avvisi il suo amministratore.',
    },
    'domain-claimed': {
      subject: 'Il suo nome utente è cambiato',
      body: 'Il dominio {domain} appartiene ora a un’altra organizzazione, perciò il suo nome utente non ha potuto restare. D’ora in poi acceda come {username}.',
      unasked: 'Il suo amministratore può assegnarle un altro nome utente.',
    },
    'otp-email': {
      subject: 'Il suo codice di accesso',
      body: 'Qualcuno sta accedendo come {username}. Se è lei, inserisca questo codice o segua il link; è valido per cinque minuti.',
      button: 'Accedi',
      unasked: 'Se non è lei, non dia questo codice a nessuno e scelga un’altra password.',
    },
  },
  messages: {
    'verify-phone': '{code} è il suo codice per confermare questo numero di telefono.',
    'password-reset': '{code} è il suo codice per una nuova password. {link}',
    'otp-sms': '{code} è il suo codice di accesso. È valido per cinque minuti; non lo dia a nessuno.\n\n@{host} #{code}',
  },
};
