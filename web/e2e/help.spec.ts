// The public Help Centre: found while typing and without scripts, read, answered to; fast, and for everybody.
import type { Browser, Page } from '@playwright/test';
import { accessible, expect, test } from './house';

const article = '/help/pl/kiedy-wroca-pieniadze';
const pages = ['/help/pl', '/help/pl?side=buyer', '/help/pl?section=zwroty-i-pieniadze', article, '/help/en/jak-nadac-paczke', '/help/search?lang=pl&q=zwrotu+pieniedzy', '/help/search?lang=pl&q=qwrtyzz', '/help/pl/kiedy-pieniadze-wroca'];

const field = (page: Page) => page.getByRole('combobox', { name: 'Szukaj w Centrum pomocy' });
const options = (page: Page) => page.getByRole('listbox', { name: 'Podpowiedzi' }).getByRole('option');

/** A server that has just begun is still reading its articles into the index. */
async function indexed(page: Page, base: string): Promise<void> {
  const found = async () => ((await (await page.request.get(`${base}/help/search?lang=pl&q=kiedy+wroca+pieniadze`, { headers: { Accept: 'application/json' } })).json()) as { items: unknown[] }).items.length;
  await expect.poll(found, { timeout: 20_000 }).toBeGreaterThan(0);
}

test('what is typed is answered at once, by keyboard too, and what comes late changes nothing', async ({ house }) => {
  const marta = await house.shopper();
  const { page } = marta;
  await indexed(page, house.server.url);
  await page.goto(`${house.server.url}/help/pl`);
  await expect(field(page)).toHaveAttribute('aria-expanded', 'false');
  await field(page).fill('zwort pieniedzy');
  await expect(options(page).first()).toBeVisible();
  await expect(field(page)).toHaveAttribute('aria-expanded', 'true');
  await expect(options(page).locator('mark').first()).toHaveText(/^(zwro|pieni)/i);
  await expect(options(page).locator('i').first(), 'the section that says it').not.toBeEmpty();
  await expect(options(page).getByRole('img', { name: 'Sprzedaję' }).first(), 'whose matter it is').toBeVisible();
  await marta.picture('60-help-typing');
  await accessible(marta, 'help-typing');
  await field(page).press('ArrowDown');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', 'found-0');
  await expect(options(page).first()).toHaveAttribute('aria-selected', 'true');
  await field(page).press('ArrowUp');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', /found-[1-9]/);
  await field(page).press('Escape');
  await expect(options(page)).toHaveCount(0);
  await expect(field(page), 'the words stay').toHaveValue('zwort pieniedzy');
  await page.getByRole('button', { name: 'Wyczyść' }).click();
  await expect(field(page)).toHaveValue('');
  await expect(field(page)).toBeFocused();

  let late: (() => void) | undefined;
  await page.route(/\/help\/search\?.*q=paczka/, async (route) => {
    await new Promise<void>((go) => (late = go));
    await route.continue().catch(() => undefined); // the page has taken its question back
  });
  await field(page).fill('paczka');
  await expect.poll(() => late !== undefined).toBe(true);
  await field(page).fill('prowizja');
  await expect(options(page).filter({ hasText: /prowizj/i }).first()).toBeVisible();
  const answered = await options(page).allTextContents();
  late?.();
  await page.waitForLoadState('networkidle');
  expect(await options(page).allTextContents(), 'the earlier question is answered no more').toEqual(answered);
  await field(page).fill('qwrtyzz');
  await expect(page.getByText('Nic takiego nie mamy')).toBeVisible();
  await page.getByRole('link', { name: 'Żaden nie pasuje, napisz do nas' }).click();
  await expect(page.getByLabel('O co chodzi?'), 'the words are carried over').toHaveValue(/qwrtyzz/);
});

test('an article says where one is in it, is thanked for once, and passes on what it could not answer', async ({ house }) => {
  const marta = await house.shopper();
  const { page } = marta;
  await indexed(page, house.server.url);
  await page.goto(`${house.server.url}/help/pl`);
  await field(page).fill('kiedy wroca pieniadze');
  await expect(options(page).first()).toContainText('Kiedy wrócą pieniądze');
  await options(page).first().click();
  await expect(page).toHaveURL(new RegExp(article));
  await page.setViewportSize({ width: 1440, height: 700 });
  const contents = page.getByRole('navigation', { name: 'Na tej stronie' });
  await page.getByRole('heading', { name: 'Gdy termin minął' }).evaluate((h) => h.scrollIntoView({ block: 'start' }));
  await expect(contents.locator('[aria-current]')).toHaveText('Gdy termin minął');
  await page.evaluate(() => scrollTo(0, 0));
  await expect(contents.locator('[aria-current]')).toHaveText('W skrócie');
  await contents.getByRole('link', { name: 'Gdy termin minął' }).click();
  await expect(page).toHaveURL(/#gdy-termin-minal$/);
  await page.getByRole('button', { name: 'Nie, napiszę' }).click();
  await expect(page).toHaveURL(/\/contact\?/);
  await expect(page.getByLabel('O co chodzi?')).toHaveValue(/Artykuł „Kiedy wrócą pieniądze” nie pomógł\.\s+Szukane słowa: kiedy wroca pieniadze/);
  await expect(page.getByRole('radio', { name: /kupuję/ })).toBeChecked();
  await page.goto(house.server.url + article);
  await expect(page.getByText('Przykro nam, że to nie pomogło.'), 'it was said').toBeVisible();
  await expect(page.getByRole('button', { name: 'Tak' })).toHaveCount(0);
  await page.goto(`${house.server.url}/help/pl/jak-zwrocic-zakup`);
  await page.getByRole('button', { name: 'Tak' }).click();
  await expect(page.getByText('Cieszymy się')).toBeFocused();
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('Cieszymy się')).toBeVisible({ timeout: 500 });
  }).toPass();
});

test('without scripts everything is a link or a form', async ({ house, browser }) => {
  const { page, close } = await bare(browser);
  await indexed(page, house.server.url);
  await page.goto(`${house.server.url}/help/pl`);
  await page.getByRole('region', { name: 'Kupuję' }).getByRole('link', { name: /Wszystkie/ }).click();
  await page.getByRole('link', { name: 'Jak zwrócić zakup' }).click();
  await page.getByRole('navigation', { name: 'Gdzie jesteś' }).getByRole('link', { name: 'Zwroty i pieniądze' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Zwroty i pieniądze');
  await page.getByRole('searchbox').fill('zwort pieniedzy');
  await page.getByRole('searchbox').press('Enter');
  await page.getByRole('link', { name: /^Sprzedaję/ }).click();
  await expect(page.locator('.hits li').first().getByRole('img', { name: 'Sprzedaję' }), 'the chosen side first').toBeVisible();
  await expect(page.locator('.hits').getByRole('img', { name: 'Kupuję' }).first(), 'and the others after it').toBeVisible();
  await page.locator('.hits').getByRole('link', { name: /Kiedy wrócą pieniądze/ }).click();
  await page.getByRole('button', { name: 'Nie, napiszę' }).click();
  await expect(page.getByLabel('O co chodzi?')).toHaveValue(/Szukane słowa: zwort pieniedzy/);
  await page.goto(`${house.server.url}/help/pl/jak-zwrocic-zakup`);
  await page.getByRole('button', { name: 'Tak' }).click();
  await expect(page.getByText('Cieszymy się')).toBeVisible();
  await page.getByRole('contentinfo').getByRole('link', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How to return a purchase');
  await page.goto(`${house.server.url}/help/en/jak-nadac-paczke`);
  await expect(page.getByText('This article is not available in English yet. It is shown in Polski.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveAttribute('lang', 'pl');
  await page.goto(`${house.server.url}/help/pl/kiedy-pieniadze-wroca`);
  await page.getByRole('region', { name: 'Może chodzi o to' }).getByRole('link', { name: 'Kiedy wrócą pieniądze' }).click();
  await expect(page).toHaveURL(new RegExp(article));
  await close();
});

test('everybody can read it: both themes, a phone, 320 pixels, by keyboard', async ({ house }) => {
  test.slow();
  const marta = await house.shopper();
  const { page } = marta;
  for (const [size, width, height] of [['desktop', 1280, 900], ['phone', 390, 844]] as const) {
    await page.setViewportSize({ width, height });
    for (const path of pages) {
      await page.goto(house.server.url + path);
      await accessible(marta, `help-${size}-${pages.indexOf(path)}`);
    }
  }
  for (const width of [320, 256]) { // 1280 pixels at 400 %, and narrower
    await page.setViewportSize({ width, height: 640 });
    for (const path of pages) {
      await page.goto(house.server.url + path);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${path} at ${width}`).toBeLessThanOrEqual(width < 320 ? 24 : 0);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(house.server.url + article);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Przejdź do treści' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement)), 'past the top').toBe(true);
  for (const landmark of ['banner', 'main', 'contentinfo'] as const) await expect(page.getByRole(landmark)).toHaveCount(1);
});

test('it is light and quick, and the browser has nothing to complain of', async ({ house, browser }) => {
  for (const path of ['/help/pl', article, '/help/search?lang=pl&q=zwrotu+pieniedzy']) {
    const context = await browser.newContext({ viewport: { width: 412, height: 823 }, serviceWorkers: 'block' });
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && said.push(m.text()));
    page.on('pageerror', (e) => said.push(e.message));
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 90_000 }); // what Lighthouse calls slow 4G
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await page.addInitScript(() => {
      const seen = { lcp: 0, cls: 0, violations: [] as string[] };
      Object.assign(window, { seen });
      new PerformanceObserver((l) => l.getEntries().forEach((e) => (seen.lcp = e.startTime))).observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((l) => l.getEntries().forEach((e) => (seen.cls += (e as unknown as { value: number }).value))).observe({ type: 'layout-shift', buffered: true });
      document.addEventListener('securitypolicyviolation', (e) => seen.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
    });
    await page.goto(house.server.url + path, { waitUntil: 'networkidle' });
    const got = await page.evaluate(() => ({ ...(window as unknown as { seen: { lcp: number; cls: number; violations: string[] } }).seen, bytes: performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).filter((e) => /\.css|\/help/.test(e.name)).reduce((n, e) => n + (e as PerformanceResourceTiming).encodedBodySize, 0) }));
    expect(got.lcp, `${path}: largest paint`).toBeGreaterThan(0);
    expect(got.lcp, `${path}: largest paint`).toBeLessThan(1500);
    expect(got.cls, `${path}: nothing moves`).toBe(0);
    expect(got.bytes, `${path}: page and styles`).toBeLessThan(20_000);
    expect(got.violations, `${path}: policy`).toEqual([]);
    expect(said, `${path}: console`).toEqual([]);
    await context.close();
  }
});

/** A browser that runs no scripts. */
async function bare(browser: Browser): Promise<{ page: Page; close: () => Promise<void> }> {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  return { page: await context.newPage(), close: () => context.close() };
}
