// node build.mjs [loader widget console pages]: builds all of them, or those named, into dist, and lays a
// .gz beside every file that gains from it, so that the server never compresses anything itself.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { configOf, entries } from './apps.mjs';

const dist = join(import.meta.dirname, 'dist');
const all = ['loader', 'widget', 'console', 'pages'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;

for (const app of wanted) {
  if (!all.includes(app)) throw new Error(`unknown app ${app}; there are: ${all.join(', ')}`);
  if (app === 'loader') rmSync(join(dist, 'widget.js'), { force: true });
  if (app === 'pages' && entries(app).length === 0) continue; // nothing written for it yet
  await build(configOf(app));
}

for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!file.isFile() || !/\.(js|css|svg)$/.test(file.name)) continue;
  const path = join(file.parentPath, file.name);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
}
