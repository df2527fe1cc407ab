import type { Texts } from './texts.ts';

export const ja: Texts = {
  greeting: '{name} 様',
  code: 'コード：',
  unasked: 'お心当たりがない場合は、何もする必要はありません。',
  mails: {
    'verify-email': {
      subject: 'メールアドレスの確認',
      body: 'このメールアドレスがご本人のものであることを確認してください。',
      button: 'メールアドレスを確認する',
    },
    'password-reset': {
      subject: '新しいパスワードの設定',
      body: '{username} の新しいパスワードが要求されました。ご本人による要求の場合は、今すぐ設定してください。',
      button: 'パスワードを設定する',
    },
    invite: {
      subject: '{application} への招待',
      body: '{application} に招待されています。ユーザー名は {username} です。アカウントを設定して利用を開始してください。',
      button: '招待を受ける',
      unasked: '招待にお心当たりがない場合は、このメールを無視してください。',
    },
    'passkey-link': {
      subject: 'パスキーの追加',
      body: 'アカウント {username} にパスキーを追加できます。ログインに使う端末でリンクを開いてください。',
      button: 'パスキーを追加する',
    },
    'password-changed': {
      subject: 'パスワードが変更されました',
      body: '{username} のパスワードが変更されました。',
      unasked: 'お心当たりがない場合は、ただちにパスワードを再設定し、管理者に連絡してください。',
    },
    'domain-claimed': {
      subject: 'ユーザー名が変更されました',
      body: 'ドメイン {domain} は別の組織のものになったため、これまでのユーザー名は使えなくなりました。今後は {username} でログインしてください。',
      unasked: '別のユーザー名が必要な場合は、管理者にお問い合わせください。',
    },
    'otp-email': {
      subject: 'ログイン用コード',
      body: '{username} としてログインしようとしている人がいます。ご本人の場合は、このコードを入力するかリンクを開いてください。有効時間は5分です。',
      button: 'ログインする',
      unasked: 'ご本人でない場合は、このコードを誰にも教えず、パスワードを変更してください。',
    },
  },
  messages: {
    'verify-phone': '{code} はこの電話番号を確認するためのコードです。',
    'password-reset': '{code} は新しいパスワードを設定するためのコードです。 {link}',
    'otp-sms': '{code} はログイン用のコードです。有効時間は5分です。誰にも教えないでください。\n\n@{host} #{code}',
  },
};
