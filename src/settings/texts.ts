/** The texts that login pages are shipped with, by language; what a language lacks is said in English. */
import type { JsonObject } from '@bufbuild/protobuf';

export const shippedTexts: Readonly<Record<string, JsonObject>> = {
  en: {
    common: { back: 'Back', title: 'Log in with Keyward' },
    loginname: { title: 'Welcome back', label: 'Login name', submit: 'Continue' },
    password: { title: 'Password', label: 'Your password', submit: 'Log in', forgotten: 'I forgot my password' },
    logout: { title: 'Log out', done: 'You are logged out' },
    error: { title: 'That did not work', unknown: 'Something went wrong. Please try again.' },
  },
  de: {
    common: { back: 'Zurück', title: 'Mit Keyward anmelden' },
    loginname: { title: 'Willkommen zurück', label: 'Loginname', submit: 'Weiter' },
    password: { title: 'Passwort', label: 'Dein Passwort', submit: 'Anmelden', forgotten: 'Passwort vergessen' },
    logout: { title: 'Abmelden', done: 'Du bist abgemeldet' },
    error: { title: 'Das hat nicht geklappt', unknown: 'Etwas ist schiefgegangen. Bitte versuche es noch einmal.' },
  },
  es: {
    common: { back: 'Atrás', title: 'Iniciar sesión con Keyward' },
    loginname: { title: 'Hola de nuevo', label: 'Nombre de inicio de sesión', submit: 'Continuar' },
    password: { title: 'Contraseña', label: 'Tu contraseña', submit: 'Iniciar sesión', forgotten: 'He olvidado mi contraseña' },
    logout: { title: 'Cerrar sesión', done: 'Has cerrado la sesión' },
    error: { title: 'No ha funcionado', unknown: 'Algo ha salido mal. Inténtalo de nuevo.' },
  },
  it: {
    common: { back: 'Indietro', title: 'Accedi con Keyward' },
    loginname: { title: 'Bentornato', label: 'Nome di accesso', submit: 'Continua' },
    password: { title: 'Password', label: 'La tua password', submit: 'Accedi', forgotten: 'Ho dimenticato la password' },
    logout: { title: 'Esci', done: 'Hai effettuato la disconnessione' },
    error: { title: 'Non ha funzionato', unknown: 'Qualcosa è andato storto. Riprova.' },
  },
  tr: {
    common: { back: 'Geri', title: 'Keyward ile giriş yap' },
    loginname: { title: 'Tekrar hoş geldin', label: 'Giriş adı', submit: 'Devam' },
    password: { title: 'Parola', label: 'Parolan', submit: 'Giriş yap', forgotten: 'Parolamı unuttum' },
    logout: { title: 'Çıkış yap', done: 'Çıkış yaptın' },
    error: { title: 'Olmadı', unknown: 'Bir şeyler ters gitti. Lütfen tekrar dene.' },
  },
};
