// Plays the console in a browser against the made-up server and says what does not hold:
//   node console/test/play.mjs    (after npm run build)
import assert from 'node:assert/strict';
import { chromium } from '@playwright/test';
import { serve } from './server.mjs';

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const text = 'textarea.comp-text';
const mine = (s, id = 'c_1') => s.world.logs.get(id).filter((m) => m.author.kind === 'agent').map((m) => m.text);
const until = async (what, why) => {
  for (const end = Date.now() + 8000; Date.now() < end; ) {
    if (await what()) return;
    await new Promise((r) => setTimeout(r, 30));
  }
  assert.fail(why);
};
const open = async (p, id = 'c_1') => {
  await p.waitForSelector(`#row-${id}`);
  await p.click(`#row-${id}`);
  await p.waitForSelector('.bub');
  await p.waitForFunction(() => document.querySelector('.hint'));
};

const plays = {
  async 'signs in, wrong password first'(p, s) {
    s.world.signedIn = false;
    await p.goto(s.url + '/console');
    await p.fill('input[type=email]', 'ania@demo.test');
    await p.fill('input[type=password]', 'x');
    await p.click('.btn.big');
    await p.waitForSelector('.err');
    await p.fill('input[type=password]', 'centrala-demo');
    await p.click('.btn.big');
    await p.waitForSelector('.row.at');
  },
  async 'a one-time link sets a password and leaves the address'(p, s) {
    await p.goto(s.url + '/console/set-password#good');
    await p.waitForSelector('.login form');
    assert.equal(new URL(p.url()).hash, '');
    const [a, b] = await p.$$('input[type=password]');
    await a.fill('kolorowe jarmarki');
    await b.fill('kolorowe jarmark');
    await p.click('.btn.big');
    await p.waitForSelector('.err');
    await b.fill('kolorowe jarmarki');
    await p.click('.btn.big');
    await p.waitForSelector('a[href="/console"]');
  },
  async 'sends a reply and a note, and the states follow'(p, s) {
    await open(p);
    await p.fill(text, 'Zwrot jest w drodze.');
    await p.keyboard.press('Control+Enter');
    await until(() => mine(s).includes('Zwrot jest w drodze.'), 'the reply did not arrive');
    await p.waitForSelector('.msg.mine .by:has-text("Doręczone")');
    await p.click('.conv-head h1');
    await p.keyboard.press('p');
    await p.keyboard.type('Tylko dla nas');
    await p.keyboard.press('Control+Enter');
    await until(() => s.world.logs.get('c_1').at(-1).note === true, 'the note did not arrive as a note');
    await p.waitForSelector('li.note:has-text("Tylko dla nas")');
  },
  async 'a draft survives a reload'(p, s) {
    await open(p);
    await p.fill(text, 'Zaczęte zdanie');
    await p.reload();
    await p.waitForSelector(text);
    assert.equal(await p.inputValue(text), 'Zaczęte zdanie');
    assert.equal(mine(s).includes('Zaczęte zdanie'), false);
  },
  async 'words written without a connection go out once, in order, also after a reload'(p, s) {
    await open(p);
    s.cut(true);
    await p.waitForSelector('.cut', { timeout: 12_000 });
    for (const words of ['raz', 'dwa', 'trzy']) {
      await p.fill(text, words);
      await p.keyboard.press('Control+Enter');
    }
    await until(async () => (await p.$$('li.held')).length === 3, 'three rows are not held');
    await until(() => p.evaluate(() => localStorage.getItem('centrala-draft:agent:a_1:c_1') === null), 'the last words are not kept yet');
    await p.reload();
    s.cut(false);
    await until(() => mine(s).includes('trzy'), 'they did not go out');
    assert.deepEqual(mine(s).slice(-3), ['raz', 'dwa', 'trzy']);
    await until(async () => (await p.$$('li.held')).length === 0, 'the outbox is not empty');
    await p.waitForFunction(() => !document.querySelector('.cut'));
  },
  async 'a customer who writes during a draft must be looked at first'(p, s) {
    await open(p);
    await p.fill(text, 'Odpowiedź');
    s.customer('c_1', 'Jeszcze jedno!');
    await p.waitForSelector('.guard');
    await p.focus(text);
    await p.keyboard.press('Control+Enter');
    await p.waitForFunction(() => !document.querySelector('.guard'));
    assert.equal(mine(s).includes('Odpowiedź'), false);
    await p.keyboard.press('Control+Enter');
    await until(() => mine(s).includes('Odpowiedź'), 'the second press did not send');
  },
  async 'a macro is filled, its blank is selected and guards the send'(p, s) {
    await open(p);
    await p.focus(text);
    await p.locator(text).pressSequentially('/blik');
    await p.waitForSelector('.menu .pre h3');
    await p.keyboard.press('Enter');
    await until(async () => (await p.inputValue(text)).includes('Marta Wiśniewska'), 'the name was not filled');
    await p.waitForSelector('.guard:has-text("numer zwrotu")');
    await p.keyboard.type('ZW-1');
    await p.keyboard.press('Control+Enter');
    await until(() => mine(s).some((t) => t.includes('ZW-1')), 'it was not sent');
  },
  async 'Alt 1 inserts a suggestion with an address'(p) {
    await open(p);
    await p.focus(text);
    await p.keyboard.press('Alt+1');
    await until(async () => /BLIK: http.*\/help\/pl\/a-0/.test(await p.inputValue(text)), 'nothing was inserted');
  },
  async 'mail waits five seconds and can be taken back'(p, s) {
    await open(p, 'c_2');
    await p.fill(text, 'Proszę o potwierdzenie rachunku.');
    await p.keyboard.press('Control+Enter');
    await p.waitForSelector('.toast');
    await p.click('.toast .btn');
    await until(async () => (await p.inputValue(text)) === 'Proszę o potwierdzenie rachunku.', 'the words did not come back');
    await p.waitForTimeout(5500);
    assert.equal(mine(s, 'c_2').includes('Proszę o potwierdzenie rachunku.'), false);
  },
  async 'resolve, undo, transfer, snooze and complaint reach the server'(p, s) {
    await open(p);
    const c = s.world.conversations.get('c_1');
    await p.click('.conv-head h1');
    await p.keyboard.press('e');
    await p.waitForSelector('.dlg');
    await p.keyboard.press('Control+Enter');
    await until(() => c.status === 'resolved', 'not resolved');
    await p.waitForSelector('.toast');
    await p.click('.toast .btn');
    await until(() => c.status === 'open', 'undo did not bring it back');
    await p.click('.conv-head h1');
    await p.keyboard.press('Shift+C');
    await until(() => c.complaint === true, 'no complaint');
    await p.keyboard.press('h');
    await p.waitForSelector('.snz');
    await p.keyboard.press('3');
    await until(() => c.status === 'snoozed', 'not snoozed');
    await p.click('.conv-head h1');
    await p.keyboard.press('t');
    await p.waitForSelector('.dlg');
    await p.keyboard.type('oskar');
    await p.keyboard.press('Control+Enter');
    await until(() => c.assignee?.id === 'a_3', 'not transferred');
  },
  async 'the list stays still under the pointer and tells what is new'(p, s) {
    await p.waitForSelector('#row-c_5');
    await p.hover('#row-c_5');
    s.customer('c_6', 'Halo?');
    await p.waitForSelector('.newpill');
    await p.click('.newpill');
    await p.waitForFunction(() => !document.querySelector('.newpill'));
  },
  async 'five thousand rows are at most thirty nodes, and the end can be reached'(p) {
    await p.evaluate(() => (location.hash = 'team'));
    await p.waitForSelector('.row.at');
    for (let i = 0; i < 12; i++) {
      await p.evaluate(() => (document.querySelector('.rows').scrollTop = 1e7));
      await p.waitForTimeout(150);
    }
    const n = await p.$$eval('.row.at', (r) => r.length);
    assert.ok(n <= 30, `${n} rows`);
    assert.ok((await p.$eval('.row.at', (r) => Number(r.getAttribute('aria-setsize')))) > 600);
  },
  async 'a file is uploaded and named, a call is logged, a follow-up is closed with a note and a reason'(p, s) {
    await open(p);
    await p.setInputFiles('input[type=file]', { name: 'plik.png', mimeType: 'image/png', buffer: Buffer.from('x') });
    await p.waitForSelector('.comp-files .att');
    await p.click('.list-head .btn.icon');
    await p.waitForSelector('.dlg');
    await p.fill('.dlg .field:has-text("Imię") input', 'Jan Nowak');
    await p.fill('.dlg .field:has-text("Temat") input', 'Pytanie o fakturę');
    await p.fill('.dlg textarea', 'Pyta o fakturę');
    await p.keyboard.press('Control+Enter');
    await p.waitForSelector('.conv-head h1:has-text("Pytanie o fakturę")');
    await p.evaluate(() => (location.hash = 'followups'));
    await p.click('.fc .acts .btn:nth-child(3)');
    await p.waitForSelector('.dlg');
    await p.click('.dlg .chip');
    await p.fill('.dlg textarea', 'Zadzwoniono, sprawa jasna');
    await p.click('.dlg .btn.primary');
    await until(() => s.world.followUps.find((f) => f.id === 'fu_1').state === 'closed', 'not closed');
  },
  async 'a person is added with a link, a mailbox is tested before it is connected, hours are read'(p, s) {
    await p.evaluate(() => (location.hash = 'settings/people'));
    await p.click('.top .btn');
    await p.fill('.aside input[type=email]', 'nowa@demo.test');
    await p.fill('.aside .field:first-of-type input', 'Nowa Osoba');
    await p.click('.save .btn.primary');
    await p.waitForSelector('.newkey code:has-text("set-password")');
    await p.evaluate(() => (location.hash = 'settings/hours'));
    await p.fill('.day2:first-child input', '9-17');
    await p.click('.save .btn.primary');
    await until(() => s.world.teams[0].hours.week[1]?.[0]?.from === 540, 'hours were not saved');
    await p.evaluate(() => (location.hash = 'settings/channels'));
    await p.click('.list-head .btn.outline');
    await p.fill('input[type=email]', 'zwroty@jarmark.example');
    await p.locator('input[type=email]').blur();
    await p.fill('input[type=password]', 'sekret');
    await p.click('.setup .btn.primary');
    await p.waitForSelector('.probe .s svg');
    assert.equal(s.world.inboxes.length, 4);
    await p.click('.setup .btn.primary');
    await until(() => s.world.inboxes.length === 5, 'the mailbox was not connected');
  },
  async 'a phone shows one pane at a time'(p) {
    await p.setViewportSize({ width: 390, height: 800 });
    await p.waitForSelector('.tabbar');
    await p.click('#row-c_1');
    await p.waitForSelector('.bub');
    assert.equal(await p.isVisible('.list'), false);
    assert.ok((await p.evaluate(() => document.documentElement.scrollWidth)) <= 390, 'it scrolls sideways');
    await p.click('.back');
    await p.waitForSelector('.row.at');
  },
};

let failed = 0;
const only = process.argv[2];
for (const [name, play] of Object.entries(plays)) {
  if (only && !name.includes(only)) continue;
  const s = await serve(name.includes('thousand') ? { rows: 5000 } : {});
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'pl', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => /Content Security Policy|Refused to/.test(m.text()) && errors.push(m.text()));
  try {
    await page.goto(s.url + '/console');
    await play(page, s);
    assert.deepEqual(errors, []);
    console.log(`ok    ${name}`);
  } catch (err) {
    failed++;
    if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}/${name.slice(0, 20)}.png` });
    console.log(`FAIL  ${name}\n      ${String(err.message).split('\n').slice(0, 6).join('\n      ')}\n      ${errors.join('; ')}`);
  }
  await context.close();
  await s.close();
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);
