/** What has no way out lies in a folder that only the server's user can read: mails as `.eml`, text messages as `.txt`. */
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Way } from './channel.ts';
import { mailOf } from './mail.ts';
import type { Rendered } from './render.ts';

export function fileChannel(dir: string, from: string): Way {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send(message) {
      const isMail = message.message.channel === 'mail';
      const content = isMail ? await composed(message) : `To: ${message.message.recipient}\n\n${message.text}\n`;
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await write(join(dir, `${nameOf(message)}.${isMail ? 'eml' : 'txt'}`), content);
    },
  };

  async function composed(message: Rendered): Promise<Buffer> {
    const { message: bytes } = await composer.sendMail(mailOf(message, from));
    if (!Buffer.isBuffer(bytes)) throw new Error('nodemailer gave no buffer');
    return bytes;
  }
}

/** In the order of their time; the same name for every attempt. */
function nameOf({ message: { createdAt, kind, id } }: Rendered): string {
  return `${createdAt.toISOString().replaceAll(':', '').replace('.', '-')}-${kind}-${id}`;
}

/** A file is whole or absent. */
async function write(path: string, content: Buffer | string): Promise<void> {
  const file = await open(`${path}.part`, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}
