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

const social = async (p, id) => {
  await p.waitForSelector('.row.at .l1');
  await p.evaluate((h) => (location.hash = h), `mine/c_${id}`);
  await p.waitForSelector('.bub');
  await p.waitForSelector('.facts li');
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
  async 'social: a template is chosen, filled and sent by the keyboard alone, and the draft stays'(p, s) {
    await social(p, 'wa');
    await p.keyboard.press('r');
    await p.keyboard.type('Mój szkic');
    await p.keyboard.press('Control+Enter');
    await p.waitForSelector('.tpls article');
    await p.keyboard.type('zwrot');
    await p.waitForSelector('.tpls article input');
    await p.keyboard.press('Tab');
    assert.equal(await p.evaluate(() => document.activeElement.value), 'Marta'); // what is known is filled
    await p.keyboard.press('Enter');
    await p.keyboard.type('129,00');
    await p.keyboard.press('Control+Enter'); // one is empty: it is asked for
    await p.keyboard.type('piątku');
    await p.keyboard.press('Enter');
    await p.waitForSelector('.toast');
    assert.equal(await p.inputValue(text), 'Mój szkic');
    await until(() => s.world.sent?.template, 'the template did not leave');
    assert.deepEqual(s.world.sent.template, { name: 'zwrot_w_drodze', locale: 'pl', params: ['Marta', '129,00', 'piątku'] });
    assert.equal(s.world.sent.text, 'Dzień dobry, Marta! Zwrot 129,00 zł jest w drodze i będzie na koncie do piątku.');
  },
  async 'social: a template that is undone or closed opens as it was filled'(p, s) {
    await social(p, 'wa');
    const open = async () => {
      await p.click('.comp .btn.primary');
      await p.waitForSelector('.tpls article');
    };
    const blanks = async () => {
      await p.waitForSelector('.tpls article input');
      return p.$$eval('.tpls article input', (all) => all.map((i) => i.value));
    };
    await open();
    await p.keyboard.type('zwrot');
    await p.waitForSelector('.tpls article input');
    await p.keyboard.press('Tab');
    await p.keyboard.press('Enter');
    await p.keyboard.type('129,00');
    await p.keyboard.press('Escape');
    await p.waitForSelector('.dlg', { state: 'detached' });
    await open();
    assert.deepEqual(await blanks(), ['Marta', '129,00', '']);
    await p.locator('.tpls article input').nth(2).fill('piątku');
    await p.keyboard.press('Control+Enter');
    await p.click('.toast .btn');
    assert.deepEqual(await blanks(), ['Marta', '129,00', 'piątku']);
    assert.equal(s.world.sent, undefined);
  },
  async 'social: why it did not leave is said once, in words'(p) {
    await social(p, 'wa');
    await p.waitForSelector('.by:has-text("Nie wysłano. Okno na odpowiedź minęło.")');
    await p.waitForSelector('.way .todo');
    assert.equal((await p.textContent('.msg.mine .way .todo')).includes('minęło'), false);
  },
  async 'social: the tabs of answer and note are gone through by the arrows'(p) {
    await social(p, 'ms');
    await p.locator('[role=tab][aria-selected=true]').focus();
    await p.keyboard.press('ArrowRight');
    await p.waitForFunction(() => document.activeElement?.matches('[role=tab][aria-selected=true]:nth-child(2)'));
    await p.keyboard.press('ArrowLeft');
    await p.waitForFunction(() => document.activeElement?.matches('[role=tab][aria-selected=true]:nth-child(1)'));
  },
  async 'what a vendor does not take is said at its field'(p, s) {
    await p.evaluate(() => (location.hash = 'settings/channels'));
    await p.click('.list-head .btn.outline');
    await p.check('.kinds input[value=webhook]', { force: true });
    await p.getByLabel('Nazwa').fill('Sklep');
    const field = p.getByLabel('Dokąd wysyłać odpowiedzi');
    await field.fill('https://sklep.example/x');
    s.world.refusal = { title: 'No', code: 'invalid', field: 'account.endpoint' };
    await p.click('.setup .acts .btn.primary');
    await p.waitForSelector('.field-err[role=alert]');
    await p.waitForFunction(() => document.activeElement?.getAttribute('aria-describedby') === 'ch-wrong');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill('https://sklep.example/y');
    assert.equal(await field.getAttribute('aria-describedby'), null);
  },
  async 'a channel that is opened is not changed by that'(p) {
    for (const name of ['Messenger, Jarmark', 'Instagram, @jarmark', 'WhatsApp', 'Telegram, @jarmark_pomoc', 'Allegro', 'Panel']) {
      await p.evaluate(() => (location.hash = 'settings/channels'));
      await p.click(`.chn li:has-text("${name}") button.plainb`);
      await p.waitForSelector('.setup h1');
      assert.equal(await p.getAttribute('.setup .acts .btn.primary', 'aria-disabled'), 'true', name);
    }
  },
  async 'one line of the book takes its place where there is no room for both, and the focus goes along'(p) {
    await p.setViewportSize({ width: 900, height: 800 });
    await p.evaluate(() => (location.hash = 'settings/hooks'));
    await p.locator('.tb button').nth(2).focus();
    await p.keyboard.press('Enter');
    await p.waitForFunction(() => document.activeElement?.matches('.ml .roomback'));
    await p.keyboard.press('Escape');
    await p.waitForFunction(() => document.activeElement === document.querySelectorAll('.tb button')[2]);
  },
  async 'social: after the window an answer leaves by mail, and says so'(p, s) {
    await social(p, 'mail');
    await p.waitForSelector('.btn.primary:has-text("Odpowiedz mailem")');
    await p.fill(text, 'Odpisuję mailem.');
    await p.keyboard.press('Control+Enter');
    await until(() => s.world.sent?.via === 'email', 'it did not leave by mail');
  },
  async 'social: what the server refuses for the window comes back with its file and its quote'(p, s) {
    await social(p, 'soon');
    s.refuse({ code: 'closed', field: 'window', message: 'The window is over.' });
    await p.locator('.toit').first().focus();
    await p.keyboard.press('Enter');
    await p.waitForSelector('.answers');
    await p.keyboard.type('Zdążymy.');
    await p.keyboard.press('Control+Enter');
    await p.waitForSelector('.guard.shut', { timeout: 9000 });
    assert.equal(await p.inputValue(text), 'Zdążymy.');
    assert.equal(await p.locator('.answers').count(), 1);
    await until(async () => (await p.locator('.msg.failed').count()) === 0, 'the refused words stand twice');
    s.tell({ type: 'conversation', id: 'c_soon', window: { until: new Date(Date.now() + 86_400_000).toISOString() } });
    await until(async () => (await p.locator('.guard.shut').count()) === 0, 'what the customer writes does not open the window again');
    await p.focus(text);
    await p.keyboard.press('Control+Enter');
    await until(() => s.world.sent?.answers === 1 && mine(s, 'c_soon').includes('Zdążymy.'), 'it did not leave the second time');
  },
  async 'social: Escape lets the quote go, then the field, never the words'(p) {
    await social(p, 'ms');
    await p.locator('.toit').last().focus();
    await p.keyboard.press('Enter');
    await p.keyboard.type('Słowa');
    await p.keyboard.press('Escape');
    assert.equal(await p.locator('.answers').count(), 0);
    assert.equal(await p.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
    await p.keyboard.press('Escape');
    assert.equal(await p.inputValue(text), 'Słowa');
  },
  async 'social: a comment is answered in public unless it is switched'(p, s) {
    await social(p, 'fb');
    await p.waitForSelector('.reach.open');
    await p.fill(text, 'Publicznie');
    await p.keyboard.press('Control+Enter');
    await until(() => s.world.sent?.text === 'Publicznie', 'it did not leave');
    assert.equal(s.world.sent.via, undefined);
    await p.focus('.switch');
    await p.keyboard.press('Space');
    await p.fill(text, 'Po cichu');
    await p.keyboard.press('Control+Enter');
    await until(() => s.world.sent?.text === 'Po cichu', 'it did not leave');
    assert.equal(s.world.sent.via, 'messenger');
  },
  async 'social: what changes afterwards is seen where it was said'(p, s) {
    await social(p, 'wh');
    s.change('c_wh', 1, 'reaction', { text: '👍' });
    await p.waitForSelector('.reacts li');
    s.change('c_wh', 1, 'reaction', { text: '' });
    await until(async () => (await p.locator('.reacts').count()) === 0, 'the reaction stays');
    s.change('c_wh', 1, 'edit', { text: 'Teraz inaczej' });
    await p.click('.more:has-text("wcześniejszą")');
    await p.waitForSelector('.earlier:has-text("Nieodebrane")');
    s.change('c_wh', 1, 'pinned', { text: 'x' });
    s.change('c_wh', 1, 'unsend');
    await p.waitForSelector('.tomb');
    assert.equal(await p.locator('.bub').filter({ hasText: 'Teraz inaczej' }).count(), 0);
  },
  async 'social: a file that was awaited takes its place'(p, s) {
    await social(p, 'ms');
    await p.waitForSelector('.att.wait');
    const [, lost] = s.world.logs.get('c_ms')[4].attachments;
    s.change('c_ms', 5, 'file', { attachments: [{ id: 'f_w', name: 'etykieta.jpg', type: 'image/jpeg', size: 9, url: '/f/etykieta.jpg' }, lost] });
    await p.waitForSelector('.shot img[alt="etykieta.jpg"]');
    assert.equal(await p.locator('.att.wait').count(), 0);
  },
  async 'social: two people are joined by the keyboard, undone by Z, and joined again by hand'(p, s) {
    await social(p, '1');
    await p.focus('.likely .btn');
    await p.keyboard.press('Enter');
    await p.waitForSelector('.two-p .st');
    await p.keyboard.press('Control+Enter');
    await p.waitForSelector('.sys:has-text("Połączono z: Marta W., WhatsApp")');
    await p.waitForSelector('.sys:has-text("mocnego dowodu")');
    await p.locator('.conv-head h1').focus();
    await p.keyboard.press('z');
    await p.waitForSelector('.sys:has-text("Rozłączono od: Marta W.")');
    await until(async () => (await p.locator('.sys .link').count()) === 0, 'what was parted can be parted again');
    await p.focus('.panel-acts .btn');
    await p.keyboard.press('Enter');
    await p.keyboard.type('marta w');
    await p.waitForSelector('#mg-0');
    await p.keyboard.press('Enter');
    await p.waitForSelector('.two-p .st');
    await p.keyboard.press('Escape');
    assert.equal(await p.locator('.dlg').count(), 0);
    assert.equal(s.world.mergers.get('ct_1').length, 1);
  },
};

let failed = 0;
const only = process.argv[2];
for (const [name, play] of Object.entries(plays)) {
  if (only && !name.includes(only)) continue;
  const s = await serve(name.includes('thousand') ? { rows: 5000 } : name.startsWith('social') ? { social: true } : {});
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
