import type { Texts } from './texts.ts';

export const pt: Texts = {
  greeting: 'Olá, {name},',
  code: 'O seu código:',
  unasked: 'Se não fez este pedido, não precisa de fazer nada.',
  mails: {
    'verify-email': {
      subject: 'Confirme o seu endereço de e-mail',
      body: 'Confirme que este endereço de e-mail lhe pertence.',
      button: 'Confirmar endereço',
    },
    'password-reset': {
      subject: 'Escolha uma nova palavra-passe',
      body: 'Foi pedida uma nova palavra-passe para {username}. Se o pedido foi seu, escolha-a agora.',
      button: 'Escolher palavra-passe',
    },
    invite: {
      subject: 'O seu convite para {application}',
      body: 'Recebeu um convite para {application}. O seu nome de utilizador é {username}. Configure a sua conta para começar.',
      button: 'Aceitar convite',
      unasked: 'Se não espera nenhum convite, pode ignorar esta mensagem.',
    },
    'passkey-link': {
      subject: 'Adicione uma chave de acesso',
      body: 'Já pode adicionar uma chave de acesso à sua conta {username}. Abra a ligação no dispositivo com que quer iniciar sessão.',
      button: 'Adicionar chave de acesso',
    },
    'password-changed': {
      subject: 'A sua palavra-passe foi alterada',
      body: 'A palavra-passe de {username} foi alterada.',
      unasked: 'Se não foi você, reponha imediatamente a sua palavra-passe e avise o seu administrador.',
    },
    'domain-claimed': {
      subject: 'O seu nome de utilizador mudou',
      body: 'O domínio {domain} pertence agora a outra organização, pelo que o seu nome de utilizador não pôde ser mantido. A partir de agora, inicie sessão como {username}.',
      unasked: 'O seu administrador pode dar-lhe outro nome de utilizador.',
    },
    'otp-email': {
      subject: 'O seu código para iniciar sessão',
      body: 'Alguém está a iniciar sessão como {username}. Se for você, escreva este código ou siga a ligação; é válido durante cinco minutos.',
      button: 'Iniciar sessão',
      unasked: 'Se não for você, não dê este código a ninguém e escolha outra palavra-passe.',
    },
  },
  messages: {
    'verify-phone': '{code} é o seu código para confirmar este número de telefone.',
    'password-reset': '{code} é o seu código para uma nova palavra-passe. {link}',
    'otp-sms': '{code} é o seu código para iniciar sessão. É válido durante cinco minutos; não o dê a ninguém.\n\n@{host} #{code}',
  },
};
