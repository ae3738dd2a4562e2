// node widget/test/look.mjs [folder]: plays every scene of the built widget in a real browser against the fake
// server, checks what a reader would notice, runs axe over each scene in both themes, and leaves the pictures.
// CHROMIUM names the browser, /usr/bin/chromium if it does not.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from '@playwright/test';
import { startFake } from './fake.mjs';

const folder = process.argv[2] ?? 'shots';
const only = process.argv[3];
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const popular = [
  { title: 'Kiedy wrócą pieniądze', url: '/help/pl/zwrot-pieniedzy', side: 'buyer' },
  { title: 'Gdzie jest moja paczka', url: '/help/pl/paczka', side: 'buyer' },
  { title: 'Jak zwrócić zakup', url: '/help/pl/zwrot', side: 'buyer' },
  { title: 'Kampania aktywna, ale nie wydaje', url: '/help/pl/kampania', side: 'advertiser' },
  { title: 'Limity dzienne i harmonogram', url: '/help/pl/limity', side: 'advertiser' },
];
const channels = [['email', 'E-mail'], ['whatsapp', 'WhatsApp'], ['messenger', 'Messenger'], ['telegram', 'Telegram']].map(([kind, label]) => ({ kind, label, href: `/${kind}` }));
const articles = [
  { id: 'ar_1', title: 'Kiedy wrócą pieniądze za anulowane zamówienie', url: '/help/pl/a', snippet: 'Zlecamy zwrot w dniu anulowania. BLIK i przelew wracają w 2 dni robocze, karta do 7 dni.', score: 3 },
  { id: 'ar_2', title: 'Sprzedawca anulował zakup: co dalej', url: '/help/pl/b', snippet: '', score: 2 },
  { id: 'ar_3', title: 'Minęło 5 dni, a zwrotu nie ma', url: '/help/pl/c', snippet: '', score: 1 },
];
const question = 'zwrot pieniedzy za anulowane zamowienie 2487-1193-05, kiedy będą na koncie?';

const faults = [];
const done = new Error('the scene closed its page itself');
/** One scene: its own server and browser profile, at the size of the loader's frame. */
async function scene(name, options, play) {
  if (only && !name.includes(only)) return;
  for (const theme of ['light', 'dark']) {
    const fake = await startFake({ articles, ...options, config: { popular, channels, ...options.config } });
    const context = await browser.newContext({ viewport: options.viewport ?? { width: 376, height: 640 }, colorScheme: theme, reducedMotion: 'reduce', bypassCSP: false });
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (e) => errors.push(e.message));
    page.on('console', (m) => m.type() === 'error' && !/ERR_|status of 4|WebSocket connection/.test(m.text()) && errors.push(m.text()));
    try {
      if (!options.shop) await page.goto(`${fake.url}/widget/web?locale=${options.config?.locale ?? 'pl'}`);
      await play(page, fake, context);
      if (page.isClosed()) throw done;
      await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      await page.waitForTimeout(150); // the last colours settle
      await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
      const axe = await new AxeBuilder({ page }).analyze();
      for (const v of axe.violations) faults.push(`${name} ${theme}: axe ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`);
      for (const e of errors) faults.push(`${name} ${theme}: ${e}`);
    } catch (err) {
      if (err !== done) await page.screenshot({ path: `${folder}/${name}-${theme}-failed.png` });
      if (err !== done) faults.push(`${name} ${theme}: ${err.message}`);
    }
    await context.close();
    await fake.close();
  }
  console.log(name);
}
const said = (page, n) => page.locator('.say', { hasText: new RegExp(`wiadomość ${n}$`) });
const write = (page, text) => page.getByRole('textbox').first().fill(text);
async function begin(page, fake, text = question) {
  await page.getByText('kupuję').click();
  await write(page, text);
  await page.getByRole('button', { name: 'Wyślij' }).click();
  await page.getByText('Wysłane').waitFor();
  fake.conversation({});
}
const until = async (what, why) => {
  for (let i = 0; i < 200; i++) {
    if (await what()) return;
    await new Promise((r) => setTimeout(r, 25));
  }
  throw new Error(`never: ${why}`);
};

await scene('welcome', {}, async (page) => {
  await page.getByText('kupuję').click();
  await page.getByText('Na linii, odpisujemy w 2–4 min').waitFor();
  await page.getByText('Kupujący pytają najczęściej').waitFor();
});
await scene('welcome-en', { config: { locale: 'en' } }, async (page) => {
  await page.getByText('On the line, we reply in 2–4 min').waitFor();
});
await scene('side-needed', {}, async (page, fake) => {
  await write(page, 'Dzień dobry');
  await page.getByRole('button', { name: 'Wyślij' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(fake.received('message.send').length, 0);
});
await scene('suggestions', {}, async (page, fake) => {
  await page.getByText('kupuję').click();
  await write(page, 'zw');
  await page.waitForTimeout(250);
  assert.equal(fake.received('suggest').length, 0, 'two letters ask nothing');
  await write(page, 'zwrot pieniedzy za anulowane zamowienie');
  await page.getByText('To mi wystarczy').waitFor();
  assert.equal(fake.received('suggest').length, 1);
});
await scene('suggestion-solved', {}, async (page, fake) => {
  await page.getByText('kupuję').click();
  await write(page, 'zwrot pieniedzy');
  await page.getByText('To mi wystarczy').click();
  await page.getByText('Cieszymy się.').waitFor();
  await until(() => fake.received('article.feedback').some((f) => f.kind === 'solved' && f.article === 'ar_1'), 'feedback');
});
await scene('queue', {}, async (page, fake) => {
  await begin(page, fake);
  fake.conversation({ team: 'Zwroty', queue: { position: 3, eta_low_s: 240, eta_high_s: 420 } });
  await page.getByText('4–7 min', { exact: true }).waitFor();
});
await scene('email', {}, async (page, fake) => {
  await begin(page, fake);
  fake.conversation({ team: 'Zwroty', queue: { position: 3, eta_low_s: null, eta_high_s: null } });
  await page.getByText('Czasu nie zgadujemy').waitFor();
  await page.getByRole('button', { name: 'Odpiszcie mi e-mailem' }).click();
  await page.getByLabel('Adres e-mail').fill('marta');
  await page.getByRole('button', { name: 'Odpiszcie e-mailem' }).click();
  await page.getByText('wygląda na niepełny').waitFor();
  await page.getByLabel('Adres e-mail').fill('marta.wisniewska@poczta.example');
});
await scene('email-done', {}, async (page, fake) => {
  await begin(page, fake);
  fake.conversation({ queue: { position: 1, eta_low_s: 30, eta_high_s: 50 } });
  await page.getByRole('button', { name: 'Odpiszcie mi e-mailem' }).click();
  await page.getByLabel('Adres e-mail').fill('marta@poczta.example');
  await page.getByRole('button', { name: 'Odpiszcie e-mailem' }).click();
  await page.getByText('odpowiedź przyjdzie na').waitFor();
  assert.equal(fake.received('contact.set').at(-1).email, 'marta@poczta.example');
});
await scene('email-after-two-minutes', {}, async (page, fake) => {
  await begin(page, fake);
  fake.conversation({ queue: { position: 5, eta_low_s: 600, eta_high_s: 900 }, opened_at: new Date(Date.now() - 118_500).toISOString() });
  await page.getByText('10–15 min', { exact: true }).waitFor();
  assert.equal(await page.getByText('Dokąd odpisać?').count(), 0, 'not before two minutes');
  await page.getByText('Dokąd odpisać?').waitFor();
  await page.getByRole('button', { name: 'Jednak poczekam' }).click();
  await page.getByText('10–15 min', { exact: true }).waitFor();
  fake.conversation({ queue: { position: 4, eta_low_s: 600, eta_high_s: 900 } });
  await page.waitForTimeout(100);
  assert.equal(await page.getByText('Dokąd odpisać?').count(), 0, 'asked once');
});
async function conversation(page, fake) {
  await begin(page, fake, 'Bank nic nie widzi. Co teraz?');
  fake.say('', { system: { kind: 'assigned', agent_name: 'Hanna' }, author: { kind: 'system' } });
  fake.conversation({ status: 'open', assignee: { name: 'Hanna', avatar: null }, team: 'Zwroty' });
  await page.getByText('na linii, zespół Zwroty').waitFor();
  fake.tell({ type: 'delivery', conversation: 'c_1', seq: 1, state: 'delivered', at: '' });
  await page.getByText('Doręczone').waitFor();
  fake.tell({ type: 'read', conversation: 'c_1', author: { kind: 'agent', id: 'a_1' }, upto: 1 });
  await page.getByText('Przeczytane').waitFor();
  fake.say('Bez obaw, operator potwierdził zwrot.');
  fake.say('Będzie najpóźniej jutro.');
  await page.getByText('najpóźniej jutro').waitFor();
}
await scene('conversation', {}, async (page, fake) => {
  await conversation(page, fake);
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await page.locator('input[type=file]').setInputFiles([{ name: 'historia-konta.png', mimeType: 'image/png', buffer: png }]);
  await page.getByText('historia-konta.png').waitFor();
  await write(page, 'Tu jest historia konta.');
  await page.getByRole('button', { name: 'Wyślij' }).click();
  await page.getByRole('link', { name: /historia-konta/ }).waitFor();
  fake.state.refuse.push({ type: 'error', code: 'invalid', message: 'no', retry: false });
  await write(page, 'A faktura korygująca też przyjdzie?');
  await page.keyboard.press('Enter');
  await page.getByText('Nie wysłano').waitFor();
  await write(page, 'Sprzedawca pisał, że');
  fake.tell({ type: 'typing', conversation: 'c_1', author: { kind: 'agent', id: 'a_1', name: 'Hanna' }, on: true });
  await page.getByText('Hanna pisze').waitFor({ state: 'attached' });
  await until(() => fake.received('typing').some((f) => f.on), 'typing told');
  await until(() => fake.received('received').some((f) => f.upto >= 4), 'received told');
  await until(() => fake.received('read').some((f) => f.upto >= 4), 'read told');
});
await scene('retry', {}, async (page, fake) => {
  await conversation(page, fake);
  fake.state.refuse.push({ type: 'error', code: 'invalid', message: 'no', retry: false });
  await write(page, 'raz');
  await page.keyboard.press('Enter');
  await write(page, 'dwa');
  await page.keyboard.press('Enter');
  await page.getByText('Czeka na poprzednią').waitFor();
  await page.getByRole('button', { name: 'Ponów' }).click();
  await until(() => fake.state.log.get('c_1').at(-1).text === 'dwa', 'both went');
  assert.deepEqual(fake.state.log.get('c_1').slice(-2).map((m) => m.text), ['raz', 'dwa']);
});
await scene('sending', {}, async (page, fake) => {
  await conversation(page, fake);
  fake.state.muteAcks = true;
  await write(page, 'Dziękuję!');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByText('Wysyłanie…').count(), 0, 'not before 400 ms');
  await page.getByText('Wysyłanie…').waitFor();
});
await scene('offline', {}, async (page, fake, context) => {
  await conversation(page, fake);
  await context.setOffline(true);
  fake.cut(1001, '');
  await page.getByText('Nie masz internetu').waitFor();
  for (const text of ['Tak, czy faktura korygująca też przyjdzie?', 'Potrzebuję jej do rozliczenia.']) {
    await write(page, text);
    await page.keyboard.press('Enter');
  }
  await until(async () => (await page.getByText('Czeka na internet').count()) === 2, 'both wait');
});
await scene('offline-and-back', {}, async (page, fake, context) => {
  await conversation(page, fake);
  await context.setOffline(true);
  fake.cut(1001, '');
  await page.getByText('Nie masz internetu').waitFor();
  await write(page, 'słowa z tunelu');
  await page.keyboard.press('Enter');
  fake.say('Jestem, proszę pisać.');
  await write(page, 'szkic');
  await context.setOffline(false);
  await until(() => fake.state.log.get('c_1').some((m) => m.text === 'słowa z tunelu'), 'sent after the tunnel');
  await page.getByText('Jestem, proszę pisać.').waitFor();
  await until(async () => (await page.getByText('Czeka na internet').count()) === 0, 'nothing waits');
  assert.equal(fake.state.log.get('c_1').filter((m) => m.text === 'słowa z tunelu').length, 1);
  await page.reload();
  await page.getByText('słowa z tunelu').waitFor();
  assert.equal(await page.getByRole('textbox').inputValue(), 'szkic', 'the draft survives a reload');
  assert.equal(await page.getByText('słowa z tunelu').count(), 1);
});
await scene('nps', {}, async (page, fake) => {
  await conversation(page, fake);
  fake.say('', { system: { kind: 'resolved' }, author: { kind: 'system' } });
  fake.conversation({ status: 'resolved' });
  fake.tell({ type: 'survey', survey: 'sv_1', conversation: 'c_1', kind: 'nps', question: 'Na ile prawdopodobne jest, że polecisz Jarmark znajomemu lub współpracownikowi?', scale: [0, 10], locale: 'pl', expires_at: '2030-01-01T00:00:00Z' });
  await page.getByRole('radio', { name: '9', exact: true }).waitFor();
  assert.equal(await page.locator('[role=radio][aria-checked=true]').count(), 0, 'nothing preselected');
  await page.getByRole('radio', { name: '9', exact: true }).click();
  await page.getByLabel('Co najbardziej').fill('Nie trzeba było niczego powtarzać.');
});
await scene('nps-thanks', {}, async (page, fake) => {
  await conversation(page, fake);
  fake.conversation({ status: 'resolved' });
  fake.tell({ type: 'survey', survey: 'sv_1', conversation: 'c_1', kind: 'nps', question: 'Na ile prawdopodobne jest, że polecisz Jarmark?', scale: [0, 10], locale: 'pl', expires_at: '2030-01-01T00:00:00Z' });
  await page.getByRole('radio', { name: '0', exact: true }).focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight'); // the first takes 0, then 1, 2, 3
  await page.getByRole('button', { name: 'Wyślij ocenę' }).click();
  await page.getByText('Przykro nam').waitFor();
  assert.deepEqual({ ...fake.received('survey.answer')[0], ref: 0 }, { type: 'survey.answer', survey: 'sv_1', score: 3, ref: 0 });
});
await scene('out-of-hours', { welcome: { online: false, eta_s: null }, config: { hours: 'Napisz teraz, odpiszemy jutro do 10:00', back: 'wraca jutro o 8:00' } }, async (page, fake) => {
  await page.getByText('Napisz teraz').waitFor();
  await page.getByText('reklamuję się').click();
  await page.getByLabel('Adres e-mail do odpowiedzi').fill('biuro@dabisyn.example');
  fake.state.articles = [];
  await write(page, 'Kampania „Jesień w jadalni” od rana nie wydaje budżetu, choć ma status aktywna.');
});
await scene('out-of-hours-sent', { welcome: { online: false, eta_s: null } }, async (page, fake) => {
  await page.getByText('sprzedaję').click();
  await page.getByLabel('Adres e-mail do odpowiedzi').fill('biuro@dabisyn.example');
  await write(page, 'Kampania nie wydaje.');
  await page.getByRole('button', { name: 'Zostaw wiadomość' }).click();
  await page.getByText('Wysłane').waitFor();
  await page.getByText('odpowiedź przyjdzie na').waitFor();
  assert.deepEqual(fake.received('contact.set').map((f) => f.side ?? f.email), ['seller', 'biuro@dabisyn.example']);
});
await scene('menu', { config: { transcript: '/v1/conversations/{conversation}/transcript' } }, async (page, fake) => {
  await conversation(page, fake);
  await page.getByRole('button', { name: 'Więcej' }).click();
  await page.getByRole('menuitem', { name: 'Zakończ rozmowę' }).waitFor();
});
await scene('bad-token', {}, async (page, fake) => {
  await conversation(page, fake);
  fake.state.badToken = 'revoked';
  fake.cut(4001, 'revoked');
  await page.getByText('Nie poznajemy tej przeglądarki').waitFor();
  assert.equal(fake.state.visitors.length, 1, 'no silent new visitor');
});
await scene('long', {}, async (page, fake) => {
  await page.getByText('kupuję').waitFor();
  for (let i = 1; i <= 120; i++) fake.say(`wiadomość ${i}`, i % 3 ? {} : { author: { kind: 'customer', id: 'ct_1' } });
  fake.conversation({ status: 'open', assignee: { name: 'Hanna' }, read: { customer: 120, agent: 120 } });
  await page.reload();
  await said(page, 120).waitFor();
  const body = page.locator('.w-body');
  await until(() => body.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight <= 48), 'opens at the end');
  assert.equal(await said(page, 70).count(), 0);
  await body.evaluate((e) => (e.scrollTop = 40));
  const mark = said(page, 71);
  const before = (await mark.boundingBox()).y;
  await said(page, 60).waitFor({ state: 'attached' });
  await until(async () => Math.abs((await mark.boundingBox()).y - before) < 40, 'the first visible line stays');
  fake.say('coś nowego');
  await page.getByRole('button', { name: '1 nowa' }).waitFor();
  assert.ok(await body.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight > 500), 'does not jump');
  await page.getByRole('button', { name: '1 nowa' }).click();
  await page.getByText('coś nowego').waitFor();
  await until(() => fake.received('read').some((f) => f.upto === 121), 'read once it is in view');
  await body.evaluate((e) => (e.scrollTop -= 600));
  await write(page, 'własne słowa');
  await page.keyboard.press('Enter');
  await until(() => body.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight <= 48), 'own words lead to the end');
});
await scene('two-tabs', {}, async (page, fake, context) => {
  await conversation(page, fake);
  const second = await context.newPage();
  await second.goto(page.url());
  await second.getByText('najpóźniej jutro').waitFor();
  await write(second, 'z drugiej karty');
  await second.keyboard.press('Enter');
  await page.getByText('z drugiej karty').waitFor();
  await second.getByText('z drugiej karty').waitFor();
  assert.equal(fake.received('message.send').filter((f) => f.text === 'z drugiej karty').length, 1);
  await page.close(); // the tab that sends is gone, the other takes over
  await write(second, 'dalej');
  await second.keyboard.press('Enter');
  await until(() => fake.state.log.get('c_1').some((m) => m.text === 'dalej'), 'taken over');
  await second.close();
  const third = await context.newPage();
  await third.goto(`${fake.url}/widget/web`);
  await third.getByText('dalej').waitFor();
  assert.equal(await third.getByText('z drugiej karty').count(), 1);
});
await scene('phone', { viewport: { width: 360, height: 740 } }, conversation);
await scene('narrow', { viewport: { width: 320, height: 480 } }, async (page) => {
  await page.getByText('Na linii').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
});
await scene('shop', { shop: true, viewport: { width: 1100, height: 760 } }, async (page, fake) => {
  const asked = [];
  page.on('request', (r) => asked.push(new URL(r.url()).pathname));
  await page.goto(fake.url);
  const button = page.getByRole('button', { name: 'Pomoc' });
  await button.waitFor();
  assert.deepEqual(asked.filter((p) => p !== '/favicon.ico'), ['/', '/widget.js'], 'nothing is asked for before it is opened');
  await button.click();
  const frame = page.frameLocator('iframe');
  await frame.getByText('kupuję').click();
  await frame.getByRole('textbox').fill('Dzień dobry');
  await frame.getByRole('button', { name: 'Wyślij' }).click();
  await frame.getByText('Wysłane').waitFor();
});
await scene('shop-peek', { shop: true, viewport: { width: 1100, height: 760 } }, async (page, fake) => {
  await page.goto(fake.url);
  await page.getByRole('button', { name: 'Pomoc' }).click();
  const frame = page.frameLocator('iframe');
  await frame.getByText('kupuję').click();
  await frame.getByRole('textbox').fill('Dzień dobry');
  await frame.getByRole('button', { name: 'Wyślij' }).click();
  await frame.getByText('Wysłane').waitFor();
  await frame.getByRole('textbox').press('Escape');
  await page.getByRole('button', { name: 'Pomoc' }).waitFor();
  fake.say('Nie ma powodu do obaw. Operator potwierdził zwrot numerem ZW-77120, będzie najpóźniej jutro.');
  fake.conversation({ status: 'open', assignee: { name: 'Hanna' } });
  await page.getByText('Nie ma powodu do obaw').waitFor();
  await page.reload();
  await page.getByText('Nie ma powodu do obaw').waitFor();
});
await scene('shop-phone', { shop: true, viewport: { width: 390, height: 780 } }, async (page, fake) => {
  await page.goto(fake.url);
  await page.getByRole('button', { name: 'Pomoc' }).click();
  await page.frameLocator('iframe').getByText('kupuję').waitFor();
  const box = await page.locator('iframe').boundingBox();
  assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 390, 780], 'the whole screen');
});
await scene('unreachable', { shop: true, viewport: { width: 1100, height: 760 } }, async (page, fake) => {
  await page.clock.install();
  await page.route('**/widget/web*', (route) => route.abort());
  await page.goto(fake.url);
  await page.clock.runFor(500);
  for (const time of ['once', 'twice']) {
    await page.getByRole('button', { name: 'Pomoc' }).click();
    await page.clock.runFor(11_000);
    assert.equal(await page.getByRole('button', { name: 'Pomoc' }).count(), time === 'once' ? 1 : 0, `unreachable ${time}`);
  }
});
await scene('identity', { shop: true, viewport: { width: 1100, height: 760 }, welcome: { me: { id: 'ct_9', side: 'buyer', name: 'Marta', verified: true } } }, async (page, fake) => {
  await page.goto(`${fake.url}/?identity=abc`);
  await page.getByRole('button', { name: 'Pomoc' }).click();
  const frame = page.frameLocator('iframe');
  await frame.getByText('Sprawa: kupuję').waitFor();
  assert.equal(fake.state.visitors[0].identity, 'abc');
  assert.equal(await frame.getByRole('radio').count(), 0);
});
await scene('identity-bad', { shop: true, viewport: { width: 1100, height: 760 } }, async (page, fake) => {
  await page.goto(`${fake.url}/?identity=bad`);
  await page.getByRole('button', { name: 'Pomoc' }).click();
  await page.frameLocator('iframe').getByText('podpis, którego nie da się potwierdzić').waitFor();
  assert.equal(fake.state.visitors.length, 1);
  assert.equal(fake.state.frames.length, 0);
});

await browser.close();
for (const f of faults) console.log('FAULT', f);
console.log(faults.length === 0 ? 'all scenes as they should be' : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
