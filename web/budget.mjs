// node budget.mjs: gzip bytes of what was built, against budget.json; run after a build.
//   loader         dist/widget.js
//   widget         everything the iframe app loads to open: entry, static imports, their styles, the larger language
//   widget-chunk   each part of it that is loaded later, with what it pulls in and the first load lacks
//   console        the same for the console
//   console-chunk  each part of the console that is loaded later, with what it pulls in and the first load lacks
//   page           the styles and scripts of each server-rendered page: an entry and its imports, foo.ts and foo.css together
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { entries } from './apps.mjs';

const dist = join(import.meta.dirname, 'dist');
const limits = JSON.parse(readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8'));
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const rows = [];

function files(app, manifest, key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const css of chunk.css ?? []) seen.add(css);
  for (const next of chunk.imports ?? []) files(app, manifest, next, seen);
  return seen;
}
const weigh = (app, set) => [...set].reduce((sum, f) => sum + size(join(app, f)), 0);

function measure(app) {
  const path = join(dist, app, 'manifest.json');
  if (!existsSync(path)) {
    if (app === 'pages' && entries(app).length === 0) return;
    throw new Error(`${path} is missing: run npm run build first`);
  }
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (app === 'pages') {
    const pages = new Map();
    for (const e of entries(app)) {
      const page = e.replace(/^pages\/|\.\w+$/g, '');
      pages.set(page, files(app, manifest, e, pages.get(page) ?? new Set()));
    }
    for (const [page, set] of pages) rows.push(['page', `page ${page}`, weigh(app, set)]);
    return;
  }
  const first = files(app, manifest, `${app}/main.ts`);
  const later = Object.keys(manifest).filter((k) => manifest[k].isDynamicEntry);
  const words = later.filter((k) => /\/words\//.test(k)).map((k) => weigh(app, files(app, manifest, k)));
  rows.push([app, `${app}, first load with one language`, weigh(app, first) + Math.max(0, ...words)]);
  for (const key of later.filter((k) => !/\/words\//.test(k))) {
    const extra = [...files(app, manifest, key)].filter((f) => !first.has(f));
    rows.push([`${app}-chunk`, `${app}, later: ${key}`, weigh(app, extra)]);
  }
}

if (!existsSync(join(dist, 'widget.js'))) throw new Error('dist/widget.js is missing: run npm run build first');
rows.push(['loader', 'loader', size('widget.js')]);
for (const app of ['widget', 'console', 'pages']) measure(app);
let over = 0;
for (const [kind, name, bytes] of rows) {
  const bad = bytes > limits[kind];
  if (bad) over++;
  console.log(`${bad ? 'OVER ' : 'ok   '} ${String(bytes).padStart(7)} of ${String(limits[kind]).padStart(7)}  ${name}`);
}
process.exit(over > 0 ? 1 : 0);
