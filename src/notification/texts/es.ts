import type { Texts } from './texts.ts';

export const es: Texts = {
  greeting: 'Hola, {name}:',
  code: 'Su código:',
  unasked: 'Si no lo ha solicitado usted, no tiene que hacer nada.',
  mails: {
    'verify-email': {
      subject: 'Confirme su dirección de correo electrónico',
      body: 'Confirme que esta dirección de correo electrónico es suya.',
      button: 'Confirmar dirección',
    },
    'password-reset': {
      subject: 'Elija una nueva contraseña',
      body: 'Se ha solicitado una nueva contraseña para {username}. Si ha sido usted, elíjala ahora.',
      button: 'Elegir contraseña',
    },
    invite: {
      subject: 'Su invitación a {application}',
      body: 'Ha recibido una invitación a {application}. Su nombre de usuario es {username}. Configure su cuenta para empezar.',
      button: 'Aceptar invitación',
      unasked: 'Si no espera ninguna invitación, puede ignorar este mensaje.',
    },
    'passkey-link': {
      subject: 'Añada una clave de acceso',
      body: 'Ya puede añadir una clave de acceso a su cuenta {username}. Abra el enlace en el dispositivo con el que quiera iniciar sesión.',
      button: 'Añadir clave de acceso',
    },
    'password-changed': {
      subject: 'Su contraseña se ha cambiado',
      body: 'La contraseña de {username} se ha cambiado.',
      unasked: 'Si no ha sido usted, restablezca su contraseña de inmediato y avise a su administrador.',
    },
    'domain-claimed': {
      subject: 'Su nombre de usuario ha cambiado',
      body: 'El dominio {domain} pertenece ahora a otra organización, por lo que su nombre de usuario no ha podido conservarse. A partir de ahora, inicie sesión como {username}.',
      unasked: 'Su administrador puede darle otro nombre de usuario.',
    },
    'otp-email': {
      subject: 'Su código para iniciar sesión',
      body: 'Alguien está iniciando sesión como {username}. Si es usted, escriba este código o siga el enlace; es válido durante cinco minutos.',
      button: 'Iniciar sesión',
      unasked: 'Si no es usted, no dé este código a nadie y elija otra contraseña.',
    },
  },
  messages: {
    'verify-phone': '{code} es su código para confirmar este número de teléfono.',
    'password-reset': '{code} es su código para una nueva contraseña. {link}',
    'otp-sms': '{code} es su código para iniciar sesión. Es válido durante cinco minutos; no se lo dé a nadie.\n\n@{host} #{code}',
  },
};
