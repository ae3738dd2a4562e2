import { mount } from 'svelte';
import '../tokens.css';
import './style.css';
import { translator } from '../words';
import App from './App.svelte';
import type { ToApp } from './bridge';
import { readConfig } from './config';
import { App as State } from './state.svelte';

const theme = new URLSearchParams(location.search).get('theme');
if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;

const config = readConfig(document);
const words = config.locale === 'en' ? import('./words/en.json') : import('./words/pl.json');
const app = new State(config, translator((await words).default, config.locale));
const target = document.getElementById('app') ?? document.body;
mount(App, { target, props: { app } });

if (window.parent === window) void app.start(null);
else {
  // The host's page may say who is there; without a word from it within three seconds nobody is named.
  let started = false;
  const start = (identity: string | null) => {
    if (started) return;
    started = true;
    void app.start(identity);
  };
  addEventListener('message', (event: MessageEvent<ToApp>) => {
    if (event.source !== window.parent || typeof event.data?.centrala !== 'string') return;
    if (event.data.centrala === 'init' && !started) start(event.data.identity);
    else app.fromHost(event.data);
  });
  app.toHost({ centrala: 'ready' });
  setTimeout(() => start(null), 3_000);
}
