// Articles where people are: before and after they send, in the form, beside the agent's own words.
import { expect, test } from './house';

const question = 'Sprzedawca anulował zakup, a zwrotu nie ma';

/** The demonstration's articles are indexed in the server's own time. */
test.beforeEach(async ({ house }) => {
  await expect.poll(async () => ((await (await fetch(`${house.server.url}/v1/articles/search?locale=pl&q=${encodeURIComponent(question)}`)).json()) as { items: unknown[] }).items.length).toBeGreaterThan(0);
});

test('under what was sent articles are offered, the same after a reload, read in the window, and one is enough', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin(question); // nobody is on the line
  const offer = marta.window.getByRole('region', { name: 'Zanim ktoś odpisze, może to pomoże' });
  await expect(offer.getByRole('link')).not.toHaveCount(0);
  const titles = await offer.getByRole('link').allTextContents();
  expect(titles.length).toBeLessThanOrEqual(3);
  await marta.picture('60-widget-offers');

  await marta.page.reload(); // the window was open, and opens again
  await expect(offer.getByRole('link')).toHaveText(titles);

  await offer.getByRole('link').first().click();
  const reader = marta.window.locator('.reader');
  await expect(reader.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(reader.locator('.art > *').nth(1)).toBeVisible();
  await expect(reader.getByRole('link', { name: 'Otwórz na stronie Centrum pomocy' })).toHaveAttribute('href', /^\/help\/pl\//);
  await marta.picture('61-widget-article');
  await reader.getByRole('button', { name: 'Wróć' }).click();
  await expect(reader).toHaveCount(0);

  await offer.getByRole('button', { name: /^To mi wystarczy/ }).first().click();
  await expect(marta.window.getByText('Cieszymy się.')).toBeVisible();
  await marta.window.getByRole('button', { name: 'Cofnij' }).click();
  await expect(offer).toBeVisible();
  await offer.getByRole('button', { name: /^To mi wystarczy/ }).first().click();
  await expect(marta.window.getByText(/^Rozmowa jest zakończona/)).toBeVisible({ timeout: 20_000 });
});

test('what did not help goes away, and what the network takes away is not missed', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin(question);
  const offer = marta.window.getByRole('region', { name: 'Zanim ktoś odpisze, może to pomoże' });
  await expect(offer).toBeVisible();
  await marta.lose('drop', true);
  await offer.getByRole('link').first().click();
  await expect(marta.window.locator('.reader [role=alert]')).toBeVisible();
  await marta.window.locator('.reader').getByRole('button', { name: 'Wróć' }).click();
  await offer.getByRole('button', { name: 'Nie pomogło' }).click();
  await expect(offer).toHaveCount(0);
  await marta.say('Nadal czekam');
  await marta.regain();
  await expect(marta.said.filter({ hasText: 'Nadal czekam' })).toBeVisible();
  await expect(offer).toHaveCount(0);
});

test('answers that come in the wrong order: the window and the form show those to the last words', async ({ house }) => {
  const marta = await house.shopper();
  const { page } = marta;
  let held: (() => void) | null = null;
  await page.route('**/v1/articles/search?**', async (route) => {
    const first = decodeURIComponent(route.request().url()).includes('paczka+jest');
    const answer = { items: [{ id: 'ar_1', title: first ? 'Stara odpowiedź' : 'Nowa odpowiedź', url: '/help', snippet: '', score: 1 }] };
    if (first) await new Promise<void>((go) => (held = go));
    await route.fulfill({ json: answer }).catch(() => undefined);
  });
  await page.goto(`${house.server.url}/contact`);
  const text = page.getByLabel('O co chodzi?');
  await text.fill('paczka jest');
  await expect.poll(() => held !== null).toBe(true);
  await text.fill('zwrot pieniędzy');
  await expect(page.locator('#before')).toContainText('Nowa odpowiedź');
  (held as (() => void) | null)?.();
  await page.waitForLoadState('networkidle');
  await expect(page.locator('#before')).toContainText('Nowa odpowiedź');
  await expect(page.locator('#before')).not.toContainText('Stara');
});

test('an agent puts in a link with one key and the text with another', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin(question);
  await ania.openRow(question);
  const hints = ania.page.getByRole('group', { name: 'Podpowiedzi z Centrum pomocy' });
  await expect(hints.getByRole('button').first()).toBeVisible();
  const title = ((await hints.getByRole('button').first().locator('span').first().textContent()) ?? '').trim();
  await ania.text.focus();
  await ania.page.keyboard.press('Alt+1');
  await expect(ania.text).toHaveValue(new RegExp(`^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}: http.*/help/pl/`));
  await ania.text.fill('');
  await ania.page.keyboard.press('Alt+Shift+Digit1');
  await expect(ania.text).toHaveValue(/\n\n.*\/help\/pl\//s);
  expect((await ania.text.inputValue()).length).toBeGreaterThan(title.length + 80);
  await ania.picture('62-composer-text');
  await ania.text.fill('');
  await ania.text.blur();
  await ania.page.keyboard.press('+');
  const find = ania.dialog.getByRole('combobox');
  await find.fill('zwrot pieniędzy');
  await expect(ania.dialog.locator('[role=option][id]').first()).toBeVisible();
  await find.press('Tab');
  await expect(ania.text).toHaveValue(/\n\n.*\/help\/pl\//s);
});

test.describe('without scripts', () => {
  test('the form looks first, says that one is enough, and takes it back', async ({ house, browser }) => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'pl-PL' });
    const page = await context.newPage();
    await page.goto(`${house.server.url}/contact`);
    await page.getByLabel('O co chodzi?').fill('kiedy wrócą pieniądze');
    await page.locator('button[value=look]').click();
    const before = page.locator('#before');
    await expect(before.getByRole('heading', { level: 3 })).toBeVisible();
    await before.getByRole('button', { name: 'To mi wystarczy' }).click();
    await expect(before).toContainText('Cieszymy się');
    await before.getByRole('button', { name: 'Cofnij' }).click();
    await expect(before.getByRole('button', { name: 'To mi wystarczy' })).toBeVisible();
    await context.close();
  });
});

test.describe('half of all are held out', () => {
  test.use({ env: { CENTRALA_SUGGEST_HELD: '0.5' } });
  test('of several visitors some are suggested articles and some none', async ({ house }) => {
    test.slow();
    let shown = 0;
    let none = 0;
    for (let i = 0; i < 12 && (shown === 0 || none === 0); i++) {
      const one = await house.shopper();
      await one.open();
      await one.window.getByText('kupuję', { exact: true }).click();
      await one.ask.fill('kiedy wrócą pieniądze');
      const found = one.window.getByRole('button', { name: 'To mi wystarczy' });
      if (await found.waitFor({ timeout: 2_500 }).then(() => true, () => false)) shown++;
      else none++;
      await one.context.close();
    }
    expect(shown).toBeGreaterThan(0);
    expect(none).toBeGreaterThan(0);
  });
});
