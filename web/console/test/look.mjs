// Pictures of the console and an axe report of each, against the made-up server:
//   node console/test/look.mjs OUT [name…]    (after npm run build)
import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from '@playwright/test';
import { serve } from './server.mjs';

const out = process.argv[2] ?? 'look';
const only = process.argv.slice(3);
mkdirSync(out, { recursive: true });

const wait = (page, sel) => page.waitForSelector(sel, { timeout: 8000 });
const open = async (page) => {
  await wait(page, '.row.at .l1');
  await page.click('#row-c_1');
  await wait(page, '.bub');
  await page.waitForTimeout(500);
};
const draft = async (page, s) => {
  await page.fill('textarea.comp-text', 'Pani Marto, nie ma powodu do obaw. Operator potwierdził zwrot numerem ZW-77120.');
  s.tell({ type: 'typing', conversation: 'c_1', author: { kind: 'customer', id: 'ct_1', name: 'Marta Wiśniewska' }, on: true });
  await page.waitForTimeout(200);
};
const place = (hash, sel) => async (page) => {
  await page.evaluate((h) => (location.hash = h), hash);
  await wait(page, sel);
  await page.waitForTimeout(500);
};
const dialog = (key, sel) => async (page, s) => {
  await open(page, s);
  await page.click('.conv-head h1');
  await page.keyboard.press(key);
  await wait(page, sel);
};
const scenes = {
  console: { run: async (p, s) => { await open(p); await draft(p, s); s.customer('c_1', 'Halo, jest tam kto?'); await p.waitForTimeout(400); } },
  dark: { theme: 'dark', run: async (p, s) => { await open(p); await draft(p, s); } },
  english: { locale: 'en', run: open },
  w1200: { size: [1200, 800], run: open },
  drawer: { size: [1200, 800], run: async (p) => { await open(p); await p.click('button.details'); await p.waitForTimeout(300); } },
  w900: { size: [900, 800], run: open },
  w640list: { size: [640, 900], run: (p) => wait(p, '.row.at .l1') },
  w640: { size: [640, 900], run: open },
  articlepick: { run: async (p) => { await open(p); await p.click('.conv-head h1'); await p.keyboard.press('+'); await wait(p, '.pick article'); } },
  more: { run: async (p) => { await open(p); await p.click('.acts .btn.icon:nth-of-type(3)'); await wait(p, '.moremenu'); } },
  memenu: { run: async (p) => { await open(p); await p.click('.rail .me'); await wait(p, '.me-menu'); } },
  keysmap: { run: async (p) => { await open(p); await p.click('.conv-head h1'); await p.keyboard.press('?'); await wait(p, '.keysmap'); } },
  compact: { density: 'compact', run: open },
  empty: { server: { empty: true }, run: (p) => wait(p, '.next') },
  many: { server: { rows: 5000 }, run: async (p) => { await place('team', '.row.at .l1')(p); await p.evaluate(() => (document.querySelector('.rows').scrollTop = 3000)); await p.waitForTimeout(400); } },
  offline: { run: async (p, s) => { await open(p); s.cut(true); await wait(p, '.cut'); await p.fill('textarea.comp-text', 'Pani Marto, nie ma powodu do obaw.'); await p.keyboard.press('Control+Enter'); await p.fill('textarea.comp-text', 'Jeśli jutro nic nie wpłynie, proszę napisać.'); await p.keyboard.press('Control+Enter'); await p.waitForTimeout(400); } },
  note: { run: async (p) => { await open(p); await p.click('[role=tab]:nth-child(2)'); await p.fill('textarea.comp-text', 'Potwierdzenie jest, piszę, że jutro.'); } },
  macro: { run: async (p) => { await open(p); await p.fill('textarea.comp-text', ''); await p.locator('textarea.comp-text').pressSequentially('/zwr'); await wait(p, '.menu .pre'); } },
  resolve: { run: dialog('e', '.dlg') }, transfer: { run: dialog('t', '.dlg') }, snooze: { run: dialog('h', '.snz') },
  undo: { run: async (p, s) => { await dialog('e', '.dlg')(p, s); await p.click('.dlg .btn.primary'); await wait(p, '.toast'); } },
  palette: { run: async (p) => { await open(p); await p.keyboard.press('Control+k'); await wait(p, '.pal'); await p.keyboard.type('prze'); await p.waitForTimeout(500); } },
  log: { run: async (p) => { await open(p); await p.click('.list-head .btn.icon'); await wait(p, '.dlg'); } },
  search: { run: async (p) => { await place('search', '.s-head')(p); await p.fill('.q-in input', 'bank zwrot'); await wait(p, '.hit'); await p.click('.hit'); await p.waitForTimeout(800); } },
  followups: { run: place('followups', '.fc') },
  desk: { run: place('desk', '.dot') }, deskdark: { theme: 'dark', run: place('desk', '.dot') },
  people: { run: async (p) => { await place('settings/people', '.tb')(p); await p.click('.tb tbody tr:nth-child(3) button'); } },
  channels: { run: async (p) => { await place('settings/channels', '.chn')(p); await p.click('.list-head .btn.outline'); await p.fill('input[type=email]', 'zwroty@jarmark.example'); await p.locator('input[type=email]').blur(); await p.fill('input[type=password]', 'sekret'); await p.click('.test .btn'); await p.waitForTimeout(400); } },
  hours: { run: place('settings/hours', '.week') }, audit: { run: place('settings/audit', '.tb') }, keys: { run: place('settings/keys', '.tb') },
  teams: { run: place('settings/teams', '.tb') }, articles: { run: place('settings/articles', '.tb') },
  macros: { run: async (p) => { await place('settings/macros', '.rl')(p); await p.click('.rl li:first-child button'); } },
  login: { signedOut: true, run: (p) => wait(p, '.login form') },
  loginbad: { signedOut: true, run: async (p) => { await wait(p, '.login form'); await p.fill('input[type=email]', 'a@b.pl'); await p.fill('input[type=password]', 'x'); await p.click('.btn.big'); await wait(p, '.err'); } },
  password: { path: '/console/set-password#good', run: (p) => wait(p, '.login form') },
};

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
let faults = 0;
for (const [name, scene] of Object.entries(scenes)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const s = await serve(scene.server);
  if (scene.signedOut) s.world.signedIn = false;
  const [width, height] = scene.size ?? [1440, 900];
  const context = await browser.newContext({ viewport: { width, height }, locale: scene.locale ?? 'pl', colorScheme: scene.theme ?? 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && !/WebSocket|ERR_CONNECTION|401/.test(m.text()) && console.log(`${name}: ${m.type()}: ${m.text().slice(0, 300)}`));
  page.on('pageerror', (e) => console.log(`${name}: ${e.stack?.slice(0, 600)}`));
  await context.addInitScript((d) => d && localStorage.setItem('centrala.density', d), scene.density);
  await context.addInitScript((l) => l && localStorage.setItem('centrala.locale', l), scene.locale);
  try {
    await page.goto(s.url + (scene.path ?? '/console'));
    await scene.run(page, s);
  } catch (err) {
    console.log(`${name}: ${String(err).slice(0, 400)}`);
  }
  await page.screenshot({ path: `${out}/${name}.png` });
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  for (const v of violations) {
    faults++;
    console.log(`${name}: axe ${v.id} (${v.nodes.length}): ${v.nodes[0].target.join(' ')} :: ${v.nodes[0].failureSummary?.split('\n')[1]?.trim().slice(0, 160)}`);
  }
  await context.close();
  await s.close();
}
await browser.close();
console.log(`${faults} axe faults`);
process.exit(faults > 0 ? 1 : 0);
