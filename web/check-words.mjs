// node check-words.mjs: every folder words/ with a pl.json also has an en.json with the same keys, the same
// {placeholders} in each text, and every plural form its language needs. Polish is the first language.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = import.meta.dirname;
const faults = [];
const plural = { pl: ['one', 'few', 'many'], en: ['one', 'other'] };

function folders(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((d) => d.isDirectory() && !['node_modules', 'dist'].includes(d.name))
    .flatMap((d) => (d.name === 'words' ? [join(dir, d.name)] : folders(join(dir, d.name))));
}
const blanks = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort().join();
const blanksOf = (v) => blanks(typeof v === 'string' ? v : Object.values(v).join(' '));

function compare(dir) {
  const name = relative(root, dir);
  const read = (locale) => {
    const path = join(dir, `${locale}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
    faults.push(`${name}: ${locale}.json is missing`);
    return {};
  };
  const pl = read('pl');
  const en = read('en');
  for (const key of new Set([...Object.keys(pl), ...Object.keys(en)])) {
    if (!(key in pl) || !(key in en)) {
      faults.push(`${name}: ${key} is missing in ${key in pl ? 'en' : 'pl'}`);
      continue;
    }
    if (blanksOf(pl[key]) !== blanksOf(en[key])) faults.push(`${name}: ${key} has other placeholders in en`);
    for (const [locale, value] of [['pl', pl[key]], ['en', en[key]]]) {
      if (typeof value === 'string') {
        if (value.trim() === '') faults.push(`${name}: ${key} is empty in ${locale}`);
        continue;
      }
      for (const form of plural[locale]) if (!value[form]) faults.push(`${name}: ${key} lacks the form "${form}" in ${locale}`);
    }
  }
  return Object.keys(pl).length;
}

let keys = 0;
for (const dir of folders(root)) keys += compare(dir);
for (const f of faults) console.log(f);
console.log(`${keys} texts in pl and en, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
