/** A passkey and a security key in Chromium: its own authenticators register them and log in with them, on a page that talks to Keyward. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import type { JsonObject } from '@bufbuild/protobuf';
import type { CDPSession, Page } from 'playwright-core';
import { UserVerificationRequirement } from '../../src/contract/gen/zitadel/session/v2/session_pb.js';
import { byPassword, byUser, Logins, refusals, session } from '../session/logins.ts';
import { Client, user } from '../support/ask.ts';
import { startCluster } from '../support/node.ts';
import type { Person } from '../support/people.ts';
import { noChromium, startChromium } from './chromium.ts';

if (noChromium === undefined) await inChromium();
else describe('Chromium', { skip: noChromium }, () => {});

async function inChromium(): Promise<void> {
  const [cluster, origin, browser] = await Promise.all([
    startCluster(1, { KEYWARD_EXTERNAL_DOMAIN: 'localhost' }),
    startPage(),
    startChromium(),
  ]);
  const logins = new Logins(cluster);
  const { admin } = logins;
  const client = new Client(cluster.nodes[0]);
  const opens = ({ userId }: Person, token: string) => client.ask(user.getUserByID, { userId }, { token });

  /** A page with an authenticator of its own. */
  const withAuthenticator = async (options: { verifies: boolean }) => {
    const page = await browser.newPage();
    await page.goto(origin);
    const devtools = await page.context().newCDPSession(page);
    const authenticatorId = await addAuthenticator(devtools, options);
    return { page, devtools, authenticatorId };
  };

  const registerPasskey = async ({ userId }: Person, page: Page) => {
    const begun = await client.get(user.registerPasskey, { userId, domain: 'localhost' }, admin);
    const publicKeyCredential = await createKey(page, begun.publicKeyCredentialCreationOptions);
    return client.ask(
      user.verifyPasskeyRegistration,
      { userId, passkeyId: begun.passkeyId, passkeyName: 'Chromium', publicKeyCredential },
      admin,
    );
  };

  const challenged = (me: Person, userVerificationRequirement: UserVerificationRequirement) =>
    client.get(
      session.createSession,
      { checks: byUser(me), challenges: { webAuthN: { domain: 'localhost', userVerificationRequirement } } },
      admin,
    );

  const answer = async (begun: Awaited<ReturnType<typeof challenged>>, page: Page) => {
    const credentialAssertionData = await useKey(page, begun.challenges?.webAuthN?.publicKeyCredentialRequestOptions);
    return client.ask(session.setSession, { sessionId: begun.sessionId, checks: { webAuthN: { credentialAssertionData } } }, admin);
  };

  describe('Chromium with a virtual authenticator', () => {
    it('registers a passkey, logs in with it twice, and is refused when it signs with an older counter', async () => {
      const me = await logins.human();
      const { page, devtools, authenticatorId } = await withAuthenticator({ verifies: true });
      assert.equal((await registerPasskey(me, page)).code, 'ok');
      for (const _ of [1, 2]) {
        const inside = await answer(await challenged(me, UserVerificationRequirement.REQUIRED), page);
        assert.ok(inside.code === 'ok');
        assert.equal((await opens(me, inside.message.sessionToken)).code, 'ok');
      }
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
      for (const credential of credentials) {
        await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
        await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 0 } });
      }
      const copied = await answer(await challenged(me, UserVerificationRequirement.REQUIRED), page);
      assert.deepEqual(copied, {
        code: 'invalid_argument',
        text: 'Error on validate login credentials (WEBAU-3M9si)',
        id: 'WEBAU-3M9si',
      });
    });

    it('does not register the same authenticator twice', async () => {
      const me = await logins.human();
      const { page } = await withAuthenticator({ verifies: true });
      assert.equal((await registerPasskey(me, page)).code, 'ok');
      await assert.rejects(registerPasskey(me, page), /InvalidStateError/);
    });

    it('opens nothing more for one who was switched off between challenge and answer, and logs in anew when he is back', async () => {
      const me = await logins.human();
      const { page } = await withAuthenticator({ verifies: true });
      assert.equal((await registerPasskey(me, page)).code, 'ok');
      const begun = await challenged(me, UserVerificationRequirement.REQUIRED);
      await client.get(user.deactivateUser, { userId: me.userId }, admin);
      assert.deepEqual(await answer(begun, page), refusals.notActive);
      await client.get(user.reactivateUser, { userId: me.userId }, admin);
      assert.deepEqual(await answer(begun, page), refusals.terminated);
      assert.equal((await answer(await challenged(me, UserVerificationRequirement.REQUIRED), page)).code, 'ok');
    });

    it('adds a security key to a password', async () => {
      const me = await logins.human();
      const { page } = await withAuthenticator({ verifies: true });
      const begun = await client.get(user.registerU2F, { userId: me.userId, domain: 'localhost' }, admin);
      const publicKeyCredential = await createKey(page, begun.publicKeyCredentialCreationOptions);
      await client.get(
        user.verifyU2FRegistration,
        { userId: me.userId, u2fId: begun.u2fId, tokenName: 'Chromium', publicKeyCredential },
        admin,
      );
      const { sessionToken } = await client.get(session.createSession, { checks: byPassword(me) }, admin);
      assert.deepEqual(await opens(me, sessionToken), refusals.mfaRequired);
      const touched = await answer(await challenged(me, UserVerificationRequirement.DISCOURAGED), page);
      assert.equal(touched.code, 'ok');
    });

    it('lets no page of another domain use the passkeys of this one', async () => {
      const me = await logins.human();
      const { page } = await withAuthenticator({ verifies: true });
      assert.equal((await registerPasskey(me, page)).code, 'ok');
      await page.goto(origin.replace('localhost', '127.0.0.1'));
      await assert.rejects(answer(await challenged(me, UserVerificationRequirement.REQUIRED), page), /SecurityError/);
    });
  });
}

/** An empty page on http://localhost, which browsers take for a secure one. Ended with the tests of this file. */
async function startPage(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><meta charset="utf-8"><title>Login</title><link rel="icon" href="data:,">');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`; // of a TCP server that listens
}

async function addAuthenticator(devtools: CDPSession, { verifies }: { verifies: boolean }): Promise<string> {
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasUserVerification: verifies,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}

/** `navigator.credentials.create` with the options as they came, through the browser's own reading of JSON (WebAuthn 5.1). */
async function createKey(page: Page, options: JsonObject | undefined): Promise<JsonObject> {
  const made = await page.evaluate(async (text) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(text).publicKey);
    return JSON.stringify(await navigator.credentials.create({ publicKey }));
  }, JSON.stringify(options));
  return JSON.parse(made);
}

async function useKey(page: Page, options: JsonObject | undefined): Promise<JsonObject> {
  const given = await page.evaluate(async (text) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(text).publicKey);
    return JSON.stringify(await navigator.credentials.get({ publicKey }));
  }, JSON.stringify(options));
  return JSON.parse(given);
}
