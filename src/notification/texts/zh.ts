import type { Texts } from './texts.ts';

export const zh: Texts = {
  greeting: '{name}，您好：',
  code: '您的验证码：',
  unasked: '如果这不是您的请求，则无需任何操作。',
  mails: {
    'verify-email': {
      subject: '确认您的电子邮件地址',
      body: '请确认此电子邮件地址属于您。',
      button: '确认地址',
    },
    'password-reset': {
      subject: '设置新密码',
      body: '有人为 {username} 请求了新密码。如果是您本人，请立即设置。',
      button: '设置密码',
    },
    invite: {
      subject: '{application} 邀请您加入',
      body: '您已受邀加入 {application}。您的用户名是 {username}。请设置您的账户以开始使用。',
      button: '接受邀请',
      unasked: '如果您并未期待此邀请，请忽略本邮件。',
    },
    'passkey-link': {
      subject: '添加通行密钥',
      body: '您现在可以为账户 {username} 添加通行密钥。请在您要用于登录的设备上打开此链接。',
      button: '添加通行密钥',
    },
    'password-changed': {
      subject: '您的密码已更改',
      body: '{username} 的密码已更改。',
      unasked: '如果不是您本人操作，请立即重置密码并告知管理员。',
    },
    'domain-claimed': {
      subject: '您的用户名已更改',
      body: '域名 {domain} 现在属于另一个组织，因此您的用户名无法保留。今后请使用 {username} 登录。',
      unasked: '管理员可以为您设置其他用户名。',
    },
    'otp-email': {
      subject: '您的登录验证码',
      body: '有人正在以 {username} 的身份登录。如果是您本人，请输入此验证码或打开链接；验证码五分钟内有效。',
      button: '登录',
      unasked: '如果不是您本人，请勿将此验证码告诉任何人，并更改密码。',
    },
  },
  messages: {
    'verify-phone': '{code} 是您用于确认此电话号码的验证码。',
    'password-reset': '{code} 是您用于设置新密码的验证码。 {link}',
    'otp-sms': '{code} 是您的登录验证码，五分钟内有效，请勿告诉任何人。\n\n@{host} #{code}',
  },
};
