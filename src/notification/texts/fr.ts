import type { Texts } from './texts.ts';

export const fr: Texts = {
  greeting: 'Bonjour {name},',
  code: 'Votre code :',
  unasked: 'Si vous n’êtes pas à l’origine de cette demande, vous n’avez rien à faire.',
  mails: {
    'verify-email': {
      subject: 'Confirmez votre adresse e-mail',
      body: 'Veuillez confirmer que cette adresse e-mail est bien la vôtre.',
      button: 'Confirmer l’adresse',
    },
    'password-reset': {
      subject: 'Choisissez un nouveau mot de passe',
      body: 'Un nouveau mot de passe a été demandé pour {username}. Si c’était vous, choisissez-en un maintenant.',
      button: 'Choisir un mot de passe',
    },
    invite: {
      subject: 'Votre invitation à {application}',
      body: 'Vous êtes invité à rejoindre {application}. Votre nom d’utilisateur est {username}. Configurez votre compte pour commencer.',
      button: 'Accepter l’invitation',
      unasked: 'Si vous n’attendez pas d’invitation, vous pouvez ignorer ce message.',
    },
    'passkey-link': {
      subject: 'Ajoutez une clé d’accès',
      body: 'Vous pouvez maintenant ajouter une clé d’accès à votre compte {username}. Ouvrez le lien sur l’appareil avec lequel vous voulez vous connecter.',
      button: 'Ajouter une clé d’accès',
    },
    'password-changed': {
      subject: 'Votre mot de passe a été modifié',
      body: 'Le mot de passe de {username} a été modifié.',
      unasked: 'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et prévenez votre administrateur.',
    },
    'domain-claimed': {
      subject: 'Votre nom d’utilisateur a changé',
      body: 'Le domaine {domain} appartient désormais à une autre organisation ; votre nom d’utilisateur n’a donc pas pu rester. Connectez-vous dorénavant en tant que {username}.',
      unasked: 'Votre administrateur peut vous donner un autre nom d’utilisateur.',
    },
    'otp-email': {
      subject: 'Votre code de connexion',
      body: 'Quelqu’un se connecte en tant que {username}. Si c’est vous, saisissez ce code ou suivez le lien ; il est valable cinq minutes.',
      button: 'Se connecter',
      unasked: 'Si ce n’est pas vous, ne donnez ce code à personne et choisissez un autre mot de passe.',
    },
  },
  messages: {
    'verify-phone': '{code} est votre code pour confirmer ce numéro de téléphone.',
    'password-reset': '{code} est votre code pour un nouveau mot de passe. {link}',
    'otp-sms': '{code} est votre code de connexion. Il est valable cinq minutes ; ne le donnez à personne.\n\n@{host} #{code}',
  },
};
