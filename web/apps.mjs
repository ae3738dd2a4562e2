// The four things this folder builds, each on its own so that none carries another's code:
//   loader   dist/widget.js            one small IIFE, the script tag of the host site; no hash in its name
//   widget   dist/widget/*             the iframe app, served under /assets/widget/
//   console  dist/console/*            the agents' console, served under /assets/console/
//   pages    dist/pages/*              styles and small scripts of the server-rendered pages, one entry per
//                                      top-level file of pages/ (help.ts, help.css …), served under /assets/pages/
// Every app but the loader leaves dist/<app>/manifest.json, which embed.go reads.
import { existsSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';

const root = import.meta.dirname;

/** The entry files of an app, relative to this folder. */
export function entries(app) {
  if (app !== 'pages') return [`${app}/main.ts`];
  if (!existsSync(`${root}/pages`)) return [];
  return readdirSync(`${root}/pages`)
    .filter((f) => /\.(ts|css)$/.test(f) && !/\.(test|d)\.ts$/.test(f))
    .map((f) => `pages/${f}`);
}

/** Leaves out of the style sheets the custom properties that no sheet and no script of the app uses. */
function onlyUsedTokens() {
  return {
    name: 'only-used-tokens',
    generateBundle(_options, bundle) {
      const scripts = Object.values(bundle).map((f) => f.code ?? '').join('\n');
      const sheets = Object.values(bundle).filter((f) => f.fileName.endsWith('.css'));
      for (let before = '', all = scripts; before !== all; ) {
        before = all;
        all = [scripts, ...sheets.map((f) => String(f.source))].join('\n'); // one sheet may use what another declares
        const used = new Set([...all.matchAll(/var\((--[\w-]+)/g)].map((m) => m[1]));
        for (const file of sheets)
          file.source = String(file.source).replace(/(?<=[{;])(--[\w-]+):[^;{}]*(;|(?=\}))/g, (whole, name) => (used.has(name) ? whole : ''));
      }
    },
  };
}

/** The Vite configuration that builds app into dist. */
export function configOf(app) {
  const shared = {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [svelte({ configFile: `${root}/svelte.config.js` }), onlyUsedTokens()],
  };
  if (app === 'loader') {
    return {
      ...shared,
      plugins: [],
      build: {
        outDir: 'dist',
        emptyOutDir: false,
        target: 'es2020',
        lib: { entry: 'widget/loader.ts', formats: ['iife'], name: 'centralaLoader', fileName: () => 'widget.js' },
      },
    };
  }
  return {
    ...shared,
    base: `/assets/${app}/`,
    build: {
      outDir: `dist/${app}`,
      emptyOutDir: true,
      assetsDir: '.',
      assetsInlineLimit: 0, // the pages' policy allows no data: scripts or styles
      manifest: 'manifest.json',
      modulePreload: { polyfill: false },
      target: 'es2022',
      rollupOptions: { input: entries(app) },
    },
  };
}
