// Pictures of the console and an axe report of each, against the made-up server:
//   node console/test/look.mjs OUT [name…]    (after npm run build)
// A name may say how it is looked at, whatever the scene says itself: messenger@dark, messenger@en@phone, hooks@900, hooks@zoom.
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
const mailed = async (page) => {
  await wait(page, '.row.at .l1');
  await page.click('#row-c_5');
  await wait(page, '.readers');
  await page.waitForTimeout(500);
};
const adding = async (page) => {
  await mailed(page);
  await page.click('.readers .tag.add');
  await page.keyboard.type('ola@meble.example');
  await page.waitForTimeout(200);
};
const connecting = (kind, fill) => async (page, s) => {
  await place('settings/channels', '.chn')(page);
  await page.click('.list-head .btn.outline');
  await page.check(`.kinds input[value=${kind}]`, { force: true });
  await page.waitForTimeout(150);
  await fill?.(page, s);
  await page.waitForTimeout(300);
};
const page_ = async (p) => {
  await p.getByLabel('Identyfikator strony').fill('900100200300');
  await p.getByLabel('Token dostępu').fill('EAAG-nowy');
  await p.getByLabel('Sekret aplikacji').fill('sekret');
  await p.locator('.test .btn.outline').first().click();
  await p.waitForTimeout(400);
};
const connected = async (p) => {
  await page_(p);
  await p.click('.acts .btn.primary');
  await wait(p, '.newkey');
};
const device = async (p) => {
  await place('settings/channels', '.chn')(p);
  await p.click('.chn li:has-text("Allegro") button.plainb');
  await p.getByRole('button', { name: 'Połącz ponownie' }).click();
  await wait(p, '.code');
};
const renewing = async (p) => {
  await place('settings/channels', '.chn')(p);
  await p.click('.chn .btn.outline:has-text("Odnów")');
  await p.waitForTimeout(200);
};
const cut = async (p) => {
  await place('settings/channels', '.chn')(p);
  await p.click('.chn li:has-text("Panel") button.plainb');
};
const hooks = place('settings/hooks', '.tb');
const marked = async (p) => {
  await hooks(p);
  await p.click('.warnbox .btn');
  await wait(p, '.steps2 li.o');
  await p.waitForTimeout(300);
};
const talk = (id, then) => async (page, s) => {
  await wait(page, '.row.at .l1');
  await page.evaluate((h) => (location.hash = h), `mine/c_${id}`);
  await wait(page, '.bub');
  await page.waitForTimeout(500);
  await then?.(page, s);
};
const social = { social: true };
const merging = (then) => talk('1', async (page, s) => { await page.click('.likely .btn'); await wait(page, '.two-p .st'); await then?.(page, s); });
const finding = async (page) => { await page.click('.panel-acts .btn:has-text("Połącz")'); await page.keyboard.type('mar'); await wait(page, '#mg-0'); };
const templated = async (page) => { await page.click('.comp .btn.primary'); await wait(page, '.tpls article'); await page.waitForTimeout(200); };
const article = (n, aspect = '', then) => async (page, s) => {
  await wait(page, '.row.at .l1');
  await page.evaluate((h) => (location.hash = h), `settings/articles/ar_l${n}${aspect}`);
  await wait(page, aspect === '/versions' ? '.two-v .blk' : '.ed-head h1');
  await page.waitForTimeout(700);
  await then?.(page, s);
};
const about = (screen, sel, then) => async (page, s) => {
  await wait(page, '.app');
  await page.evaluate((h) => (location.hash = h), `settings/articles/${screen}`);
  await wait(page, sel);
  await page.waitForTimeout(500);
  await then?.(page, s);
};
const typing = (text) => async (page) => { await page.fill('#lib-text', text); await page.waitForTimeout(1700); };
const more = (name) => async (page) => { await page.click('.ed-head .btn.icon'); await page.getByRole('menuitem', { name }).click(); await page.waitForTimeout(300); };
const scenes = {
  articles: { run: article(1) }, articleslist: { run: async (p) => { await wait(p, '.row.at .l1'); await p.evaluate(() => (location.hash = 'settings/articles')); await wait(p, '.arts2 li'); await p.waitForTimeout(300); } },
  questions: { run: about('questions', '.qtable') }, worth: { run: about('worth', '.big3') }, shelves: { run: about('shelves', '.names') }, wordlists: { run: about('words', '.two-w') }, links: { run: about('links', '.grp2') },
  questionsempty: { server: { empty: true }, run: about('questions', '.ins .idle') }, worthfew: { server: { empty: true }, run: about('worth', '.verdict') }, linksnone: { server: { empty: true }, run: about('links', '.ins .idle') },
  shelveschanged: { run: about('shelves', '.names', async (p) => { await p.locator('.shelves section:nth-of-type(2) li:nth-child(2) .acts2 .btn').first().click(); await p.locator('.addrow input').first().fill('reklama'); await p.locator('.addrow button').first().click(); await p.waitForTimeout(200); }) },
  wordslonely: { run: about('words', '.two-w', async (p) => { await p.locator('.two-w textarea').first().fill('hajs, kasa\nsam'); await p.click('.top .btn.primary'); await p.waitForTimeout(200); }) },
  articlesversions: { run: article(1, '/versions') }, articlesold: { run: article(1, '/versions', async (p) => { await p.click('.vers li:nth-child(3) button'); await p.waitForTimeout(400); }) }, articlesrestore: { run: article(1, '/versions', async (p) => { await p.click('.vers li:nth-child(3) button'); await p.click('.ed-foot .btn.primary'); await wait(p, '.dlg'); }) },
  articlesbeside: { run: article(2, '/beside') }, articleswidget: { run: article(1, '', async (p) => { await p.click('.cap2 .seg button:nth-child(1)'); await p.waitForTimeout(500); }) },
  articlesnew: { run: async (p) => { await wait(p, '.row.at .l1'); await p.evaluate(() => (location.hash = 'settings/articles/new')); await wait(p, '#lib-text'); await p.waitForTimeout(500); } },
  articlesfields: { run: article(1, '', async (p) => { await p.click('.more-f summary'); await p.fill('.addr .input', 'zwrot-blik'); await p.fill('#lib-related', 'zwrot'); await p.evaluate(() => (document.querySelector('.src').scrollTop = 9999)); await p.waitForTimeout(300); }) },
  articlesreview: { run: article(9) }, articlesscheduled: { run: article(10) }, articleswithdrawn: { run: article(17) }, articlesmenu: { run: article(1, '', async (p) => { await p.click('.ed-head .btn.icon'); await p.waitForTimeout(200); }) },
  articlesadd: { run: article(16, '', async (p) => { await p.click('.seg .add'); await p.waitForTimeout(200); }) }, articleschoice: { run: article(1, '', async (p) => { await p.click('.choice:nth-child(2) .sel'); await p.waitForTimeout(200); }) },
  articlespublish: { run: article(1, '', async (p) => { await p.click('.ed-foot .btn.primary'); await wait(p, '.dlg'); await p.waitForTimeout(400); }) }, articlesschedule: { run: article(1, '', async (p) => { await p.click('.ed-foot .btn:not(.primary)'); await wait(p, '.dlg'); await p.waitForTimeout(400); }) },
  articlesask: { run: article(1, '', more(/przejrzenie/)) }, articleswithdraw: { run: article(1, '', more(/Wycofaj/)) },
  articlesclash: { run: article(1, '', async (p, s) => { const m = s.world.library.all.get('ar_l1'); s.world.library.theirs = { title: 'Kiedy wróci BLIK', body: m.draft.body.replace('najpóźniej we wtorek', 'w poniedziałek albo we wtorek') + '\n\nW święta dłużej.' }; await typing(m.draft.body.replace('Weekend i święto', 'Sobota, niedziela i święto'))(p); await wait(p, '.clash'); await p.waitForTimeout(300); }) },
  articlesoffline: { run: article(1, '', async (p, s) => { s.world.library.down = true; await typing('Zwrot wraca w dwa dni.')(p); await p.waitForTimeout(300); }) },
  articlesrefused: { run: article(1, '', async (p) => { await p.fill('.src .field .input', ''); await p.waitForTimeout(1700); }) },
  articlesempty: { server: { empty: true }, run: async (p) => { await p.evaluate(() => (location.hash = 'settings/articles')); await wait(p, '.listnote'); } },
  articleserror: { run: async (p, s) => { await wait(p, '.row.at .l1'); s.world.library.down = true; await p.evaluate(() => (location.hash = 'settings/articles/ar_l1')); await wait(p, '.listnote'); await p.waitForTimeout(300); } },
  articlesmany: { server: { articles: 5000 }, run: async (p) => { await wait(p, '.row.at .l1'); const t = Date.now(); await p.evaluate(() => (location.hash = 'settings/articles')); await wait(p, '.arts2 li'); console.log(`articlesmany: list after ${Date.now() - t} ms`); const k = Date.now(); await p.fill('.lh2 input', 'numer 4999'); await p.waitForFunction(() => document.querySelectorAll('.arts2 li').length === 1); console.log(`articlesmany: found after ${Date.now() - k} ms`); } },
  articlesstale: { run: async (p) => { await wait(p, '.row.at .l1'); await p.evaluate(() => (location.hash = 'settings/articles')); await wait(p, '.arts2 li'); await p.click('.flt:nth-child(2)'); await p.fill('.lh2 input', 'week'); await p.waitForTimeout(700); } },
  chmeta: { run: connecting('messenger', page_) }, chmetadark: { theme: 'dark', run: connecting('messenger', page_) }, chmetaphone: { size: [390, 844], run: async (p) => { await connecting('messenger')(p); } },
  chmetadone: { run: connecting('messenger', connected) }, chmetadonedark: { theme: 'dark', run: connecting('messenger', connected) }, chmetazoom: { size: [720, 450], run: connecting('messenger', connected) },
  chwhatsapp: { run: connecting('whatsapp') }, chtelegram: { run: connecting('telegram') }, challegro: { run: connecting('allegro') }, chwebhook: { locale: 'en', run: async (p) => { await connecting('webhook')(p); } },
  chdevice: { run: device }, chdevicedark: { theme: 'dark', run: device }, chdevicephone: { size: [390, 844], run: device }, chrenew: { run: renewing }, chcut: { run: cut }, chrows: { run: place('settings/channels', '.chn') }, chrowsdark: { theme: 'dark', run: place('settings/channels', '.chn') }, chrowsphone: { size: [390, 844], run: place('settings/channels', '.chn') },
  mailbook: { run: place('settings/mail', '.bk') },
  hooks: { run: hooks }, hooksmarked: { run: marked }, hooksdark: { theme: 'dark', run: marked }, hooksphone: { size: [390, 844], run: hooks }, hooksphoneone: { size: [390, 844], run: marked }, hookszoom: { size: [720, 450], run: marked },
  hooksreplayed: { run: async (p) => { await marked(p); await p.click('.save .btn.primary'); await p.waitForTimeout(700); } },
  hooksforged: { run: async (p) => { await hooks(p); await p.click('.tb tr:has-text("zły podpis") button'); await p.waitForTimeout(300); } },
  hooksempty: { server: { empty: true }, run: async (p) => { await p.evaluate(() => (location.hash = 'settings/hooks')); await wait(p, '.bk .state'); } },
  hooksslow: { run: async (p, s) => { s.world.slow = 4000; await p.evaluate(() => (location.hash = 'settings/hooks')); await wait(p, '.bk [role=status]'); } },
  hookserror: { run: async (p, s) => { s.world.broken = true; await p.evaluate(() => (location.hash = 'settings/hooks')); await wait(p, '.bk [role=alert]'); } },
  messenger: { server: social, run: talk('ms', async (page, s) => { await page.click('.more:has-text("wcześniejszą")').catch(() => undefined); s.change('c_ms', 2, 'edit', { text: 'Przyszedł inny kolor niż na aukcji: granatowy' }); await page.locator('.msg .toit').last().click(); await page.fill('textarea.comp-text', 'Tak, proszę odesłać. '.repeat(120)); await page.waitForTimeout(400); }) },
  messengerdark: { server: social, theme: 'dark', run: talk('ms') },
  messengertop: { server: social, run: talk('ms', async (page) => { await page.evaluate(() => (document.querySelector('.talk').scrollTop = 0)); await page.waitForTimeout(300); }) },
  messengerphone: { server: social, size: [390, 844], run: talk('ms') },
  messengerzoom: { server: social, size: [720, 450], run: talk('ms') },
  windowsoon: { server: social, run: talk('soon') },
  windowhuman: { server: social, run: talk('hum') },
  windowmail: { server: social, run: talk('mail', (page) => page.fill('textarea.comp-text', 'Pani Jagodo, odpisuję mailem.')) },
  windownone: { server: social, run: talk('none') },
  windownonedark: { server: social, theme: 'dark', run: talk('none') },
  windowphone: { server: social, size: [390, 844], run: talk('wa') },
  windowrefused: { server: social, run: talk('soon', async (page, s) => { s.refuse({ code: 'closed', field: 'window', message: 'The window is over.' }); await page.fill('textarea.comp-text', 'Zdążymy, paczka wychodzi jutro.'); await page.keyboard.press('Control+Enter'); await page.waitForSelector('.guard.shut', { timeout: 9000 }); }) },
  chslow: { run: async (p, s) => { s.world.slow = 4000; await p.evaluate(() => (location.hash = 'settings/channels')); await wait(p, '.list [aria-busy]'); await p.waitForTimeout(300); } },
  cherror: { run: async (p, s) => { s.world.broken = true; await p.evaluate(() => (location.hash = 'settings/channels')); await wait(p, '.listnote[role=alert]'); } },
  chempty: { server: { empty: true }, run: async (p) => { await p.evaluate(() => (location.hash = 'settings/channels')); await wait(p, '.listnote'); } },
  chrefused: { run: connecting('messenger', async (p) => { await page_(p); await p.getByLabel('Token dostępu').fill('zly'); await p.locator('.test .btn.outline').first().click(); await wait(p, '.probe .fail'); }) },
  chlong: { run: async (p, s) => { s.world.inboxes[5].name = 'Messenger, Ewelina Brzęczyszczykiewicz-Łuczak i Wspólniczki Rękodzieło'; s.world.inboxes[4].state.error = `Wysyłka się nie udaje (${'a'.repeat(90)}.example: connection refused)`; await cut(p); } },
  templatefilled: { server: social, run: talk('wa', async (p) => { await templated(p); await p.keyboard.type('zwrot'); await wait(p, '.tpls article input'); await p.locator('.tpls input').nth(1).fill('Brzęczyszczykiewicz-Łuczak '.repeat(6)); await p.waitForTimeout(200); }) },
  templatenone: { server: social, run: talk('wa', async (p, s) => { s.world.bare = true; await p.click('.comp .btn.primary'); await wait(p, '.tpls'); await p.waitForTimeout(300); }) },
  templateerror: { server: social, run: talk('wa', async (p, s) => { s.world.broken = true; await p.click('.comp .btn.primary'); await wait(p, '.dlg footer [role=alert]'); }) },
  whatsapp: { server: social, run: talk('wa') },
  template: { server: social, run: talk('wa', templated) },
  templatedark: { server: social, theme: 'dark', run: talk('wa', templated) },
  templatephone: { server: social, size: [390, 844], run: talk('wa', templated) },
  comment: { server: social, run: talk('fb', (page) => page.fill('textarea.comp-text', 'Pani Ewelino, przepraszamy. Proszę napisać do nas w wiadomości prywatnej.')) },
  commentprivate: { server: social, theme: 'dark', run: talk('fb', (page) => page.click('.switch')) },
  commentphone: { server: social, size: [390, 844], run: talk('fb') },
  allegro: { server: social, run: talk('al') },
  callback: { server: social, run: talk('wh') },
  telegram: { server: social, run: talk('tg') },
  likely: { server: social, run: talk('1') },
  merge: { server: social, run: merging() },
  mergedark: { server: social, theme: 'dark', run: merging() },
  mergephone: { server: social, size: [390, 844], run: talk('1', async (page) => { await page.click('button.details'); await page.click('.likely .btn'); await wait(page, '.two-p .st'); }) },
  mergezoom: { server: social, size: [720, 450], run: talk('1', async (page) => { await page.click('button.details'); await page.click('.likely .btn'); await wait(page, '.two-p .st'); }) },
  mergefind: { server: social, run: talk('ms', finding) },
  mergehand: { server: social, run: talk('ms', async (page) => { await finding(page); await page.keyboard.press('Enter'); await wait(page, '.two-p .st'); }) },
  merged: { server: social, run: merging(async (page) => { await page.keyboard.press('Control+Enter'); await wait(page, '.toast'); await page.waitForTimeout(400); }) },
  part: { server: social, run: talk('tg', async (page) => { await page.click('.sys .link'); await wait(page, '.dlg'); }) },
  readers: { run: mailed },
  readersdark: { theme: 'dark', run: adding },
  readersphone: { size: [390, 800], run: mailed },
  fuses: { run: async (p, s) => { s.world.blown = true; await p.reload(); await wait(p, '.row.at .l1'); await place('settings/channels', '.chn')(p); } },
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
  teams: { run: place('settings/teams', '.tb') },
  macros: { run: async (p) => { await place('settings/macros', '.rl')(p); await p.click('.rl li:first-child button'); } },
  login: { signedOut: true, run: (p) => wait(p, '.login form') },
  loginbad: { signedOut: true, run: async (p) => { await wait(p, '.login form'); await p.fill('input[type=email]', 'a@b.pl'); await p.fill('input[type=password]', 'x'); await p.click('.btn.big'); await wait(p, '.err'); } },
  password: { path: '/console/set-password#good', run: (p) => wait(p, '.login form') },
};

const looks = { dark: { theme: 'dark' }, light: { theme: 'light' }, en: { locale: 'en' }, phone: { size: [390, 844] }, 900: { size: [900, 800] }, zoom: { size: [720, 450] }, 320: { size: [320, 640] } };
const asked = only.length > 0 ? only : Object.keys(scenes);
const unknown = asked.flatMap((a) => a.split('@').filter((part, n) => !(n === 0 ? scenes : looks)[part]));
if (unknown.length > 0) throw new Error(`no such scene or look: ${unknown.join(', ')}`);

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
let faults = 0;
for (const name of asked) {
  const [which, ...how] = name.split('@');
  const scene = Object.assign({}, scenes[which], ...how.map((h) => looks[h]));
  const s = await serve(scene.server);
  if (scene.signedOut) s.world.signedIn = false;
  const [width, height] = scene.size ?? [1440, 900];
  const context = await browser.newContext({ viewport: { width, height }, locale: scene.locale ?? 'pl', colorScheme: scene.theme ?? 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && !/WebSocket|ERR_CONNECTION|401/.test(m.text()) && console.log(`${name}: ${m.type()}: ${m.text().slice(0, 300)}`));
  page.on('response', (r) => r.status() === 404 && console.log(`${name}: 404 ${r.url()}`));
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
