// node pages/test/look.mjs BASE OUT: opens every server-rendered page in a browser, light and dark, wide and narrow,
// has axe look at each, plays what scripts and no scripts do, and leaves a picture of each page in OUT.
// BASE is a server with the demonstration's content; $SURVEY is the path of a survey that waits for an answer, and
// $ANSWERED that of one that has one. Exits 1 with the faults, one a line.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from '@playwright/test';

const [base, out] = process.argv.slice(2);
const { SURVEY, ANSWERED, CHROMIUM = '/usr/bin/chromium' } = process.env;
mkdirSync(out, { recursive: true });
const faults = [];
const fault = (what) => faults.push(what);
const expect = (ok, what) => ok || fault(what);

const pages = {
  shop: '/?lang=pl', 'shop-en': '/?lang=en', help: '/help/pl', 'help-en': '/help/en', side: '/help/pl?side=buyer',
  article: '/help/pl/kiedy-wroca-pieniadze', 'article-en': '/help/en/when-will-i-get-my-money-back', long: '/help/en/blik-declined-what-to-check',
  search: '/help/search?lang=pl&q=zwrotu+pieniedzy', 'search-none': '/help/search?lang=pl&q=qwrtyzz', contact: '/contact?lang=pl',
  'contact-words': '/contact?lang=pl&side=buyer&text=' + encodeURIComponent('Sprzedawca anulował moje zamówienie, a pieniędzy za BLIK dalej nie mam.'),
  'contact-en': '/contact?lang=en', sent: '/contact/sent?lang=pl&case=48221', survey: `${SURVEY}?v=9`, 'survey-en': `${SURVEY}?lang=en`,
  thanks: `${ANSWERED}/thanks`, unsubscribe: `${SURVEY}/unsubscribe`, gone: '/s/nothing', lost: '/nothing-here',
};
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
const statuses = { gone: 404, lost: 404 };

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });

async function open(options, path) {
  const context = await browser.newContext({ locale: 'pl-PL', ...options });
  const page = await context.newPage();
  listen(page, path);
  await page.goto(base + path, { waitUntil: 'load' });
  return { page, context };
}

/** Whatever the browser complains about, a policy that was broken too, is a fault. */
function listen(page, where) {
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !/status of 4\d\d/.test(m.text()) && fault(`${where}: ${m.text()}`));
  page.on('pageerror', (e) => fault(`${where}: ${e.message}`));
}

async function look() {
  for (const [size, colorScheme] of [['wide', 'light'], ['wide', 'dark'], ['phone', 'light']]) {
    const context = await browser.newContext({ locale: 'pl-PL', viewport: sizes[size], colorScheme, hasTouch: size === 'phone' });
    for (const [name, path] of Object.entries(pages)) await see(context, `${name}-${size}-${colorScheme}`, name, path);
    await context.close();
  }
}

/** One page: its status, its picture, axe, and that nothing is wider than the window. */
async function see(context, where, name, path) {
  const page = await context.newPage();
  listen(page, where);
  const response = await page.goto(base + path, { waitUntil: 'load' });
  expect(response.status() === (statuses[name] ?? 200), `${where}: status ${response.status()}`);
  if (name === 'contact-words') await page.waitForSelector('#before:not([hidden]) mark');
  await page.screenshot({ path: join(out, `${where}.png`), fullPage: true });
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  for (const v of violations) fault(`${where}: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide <= 0, `${where}: ${wide} px too wide`);
  await page.close();
}

/** Suggestions under the search field, by keyboard. */
async function search() {
  const { page, context } = await open({ viewport: sizes.wide }, '/help/pl');
  await page.fill('#q', 'zwrot pieniedzy');
  await page.waitForSelector('.drop [role=option]');
  await page.screenshot({ path: join(out, 'help-suggestions.png') });
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const v of violations) fault(`suggestions: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  await page.press('#q', 'ArrowDown');
  expect((await page.getAttribute('#q', 'aria-activedescendant')) === 'found-0', 'the first suggestion is not chosen by the arrow');
  await Promise.all([page.waitForURL(/\/help\/pl\/./), page.press('#q', 'Enter')]);
  await page.emulateMedia({ media: 'print' });
  expect(!(await page.isVisible('.top nav')) && !(await page.isVisible('.mini')) && !(await page.isVisible('.tell')) && (await page.isVisible('article h1')), 'paper gets what only a screen needs, or no article');
  await page.screenshot({ path: join(out, 'article-print.png'), fullPage: true });
  await page.emulateMedia({ media: 'screen' });
  await page.click('form.tell button');
  await page.waitForSelector('form.tell [role=status]');
  await context.close();
}

/** What is typed outlives a reload, suggestions come before sending, one is enough and is taken back, then it is sent. */
async function form() {
  const { page, context } = await open({ viewport: sizes.wide }, '/contact?lang=pl');
  await page.click('.pick label[data-side=buyer]');
  await page.fill('#text', 'Sprzedawca anulował moje zamówienie, kiedy wrócą pieniądze?');
  await page.fill('#email', 'marta@poczta.example');
  await page.waitForSelector('#before .best');
  await page.reload();
  expect((await page.inputValue('#text')).startsWith('Sprzedawca anulował'), 'a reload loses the text');
  expect(await page.isChecked('input[name=side][value=buyer]'), 'a reload loses the side');
  await page.waitForSelector('#before .best');
  await page.click('#before .btn.soft');
  await page.screenshot({ path: join(out, 'contact-enough.png') });
  await page.click('#before .btn.outline');
  await page.waitForSelector('#before .best');
  await page.setInputFiles('#files', [{ name: 'paragon.txt', mimeType: 'text/plain', buffer: Buffer.from('129,00 zł') }]);
  await Promise.all([page.waitForURL(/\/contact\/sent/), page.click('.send .btn.primary')]);
  expect(/\d/.test((await page.textContent('dd')) ?? ''), 'no case number');
  await page.goto(`${base}/contact?lang=pl`);
  expect((await page.inputValue('#text')) === '', 'a sent message comes back as a draft');
  await context.close();
}

/** The same without scripts. */
async function bare() {
  const { page, context } = await open({ viewport: sizes.wide, javaScriptEnabled: false }, '/help/pl');
  await page.fill('#q', 'zwrot');
  await page.press('#q', 'Enter');
  await page.waitForURL(/\/help\/search/);
  await page.click('.hits a');
  await page.waitForSelector('form.tell button');
  await page.click('form.tell button');
  await page.waitForSelector('form.tell [role=status]');
  await page.goto(`${base}/contact?lang=pl`);
  await page.click('.pick label[data-side=seller]');
  await page.fill('#text', 'Kiedy będzie wypłata?');
  await page.click('button[value=look]');
  await page.waitForSelector('#before .best');
  await page.screenshot({ path: join(out, 'contact-bare.png'), fullPage: true });
  expect((await page.inputValue('#text')) === 'Kiedy będzie wypłata?', 'looking first loses the text');
  await page.click('#before .btn.soft');
  await page.click('#before .btn.outline');
  await page.fill('#email', 'sklep@poczta.example');
  await Promise.all([page.waitForURL(/\/contact\/sent/), page.click('.send .btn.primary')]);
  await context.close();
}

/** The score that was clicked in the mail, sent, and changed by the same link. */
async function survey() {
  const { page, context } = await open({ viewport: sizes.wide }, `${SURVEY}?v=9`);
  expect(await page.isChecked('input[value="9"]'), 'the score of the mail is not chosen');
  await page.fill('#comment', 'Szybko i konkretnie');
  await Promise.all([page.waitForURL(/\/thanks/), page.click('button')]);
  expect((await page.textContent('.got b')) === '9', 'the score is not the one that was sent');
  await page.goto(base + SURVEY);
  await page.locator('input[value="3"]').check({ force: true });
  await Promise.all([page.waitForURL(/\/thanks/), page.click('button')]);
  expect((await page.textContent('.got b')) === '3', 'the score does not change');
  await context.close();
}

/** The widget opens on the shop page, and beside the Help Centre. */
async function widget() {
  for (const [path, click] of [['/?lang=pl', () => undefined], ['/help/pl', (page) => page.click('a[data-chat]')]]) {
    const { page, context } = await open({ viewport: sizes.wide }, path);
    await click(page);
    await page.waitForFunction(() => !!window.centrala);
    await page.evaluate(() => window.centrala.open());
    const frame = page.frameLocator('iframe');
    await frame.locator('#app *').first().waitFor();
    await page.screenshot({ path: join(out, `widget-${path === '/help/pl' ? 'help' : 'shop'}.png`) });
    await context.close();
  }
}

try {
  await look();
  for (const play of [search, form, bare, widget, survey]) await play().catch((e) => fault(`${play.name}: ${e.message.split('\n').slice(0, 6).join(' | ')}`));
} finally {
  await browser.close();
}
for (const f of faults) console.log(f);
process.exit(faults.length > 0 ? 1 : 0);
