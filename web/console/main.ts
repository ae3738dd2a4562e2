import { mount } from 'svelte';
import '../tokens.css';
import './styles/console.css';
import App from './App.svelte';
import Password from './Password.svelte';
import { app } from './state/app.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the shell page has no #app');

const link = /\/console\/set-password\/?$/.test(location.pathname) ? location.hash.slice(1) : null;
if (link !== null) {
  // The one-time token leaves the address bar, and with it the history, at once.
  history.replaceState(null, '', location.pathname);
  void app.speak(navigator.language.startsWith('pl') ? 'pl' : 'en').then(() => mount(Password, { target, props: { token: link } }));
} else {
  mount(App, { target });
  void app.start();
}
