// The Help Centre's authors: an article from its first word to what readers see of it, and everything between.
import { accessible, expect, test, type Colleague, type House } from './house';

const title = 'Zwrot za wulkanizację';

async function author(house: House, email = 'admin@demo.test'): Promise<Colleague> {
  const who = await house.colleague(email, { online: false });
  await who.go('settings/articles');
  await expect(who.page.getByRole('heading', { name: /^Artykuły/ })).toBeVisible();
  return who;
}
const text = (who: Colleague) => who.page.getByRole('textbox', { name: 'Treść artykułu' });
const status = (who: Colleague, words: string | RegExp) => expect(who.page.getByRole('main').getByRole('status').filter({ hasText: words })).toBeVisible();
const row = (who: Colleague, words: string) => who.page.getByRole('region', { name: 'Artykuły' }).getByRole('link').filter({ hasText: words });

/** A new article in Polish, saved as a draft. */
async function begin(who: Colleague, name: string, body: string): Promise<void> {
  const { page } = who;
  await page.getByRole('link', { name: 'Nowy' }).click();
  await page.getByRole('textbox', { name: 'Tytuł', exact: true }).fill(name);
  await text(who).fill(body);
  await status(who, 'Szkic zapisany');
  expect(page.url()).toMatch(/#settings\/articles\/ar_\w+$/);
}
async function publish(who: Colleague, n: number): Promise<void> {
  await who.page.getByRole('button', { name: `Opublikuj wersję ${n}` }).click();
  await who.dialog.getByRole('button', { name: `Opublikuj wersję ${n}` }).click();
  await status(who, `Czytelnicy widzą wersję ${n}.`);
}
async function rewrite(who: Colleague, body: string): Promise<void> {
  await text(who).fill(body);
  await status(who, 'Szkic zapisany');
}

test('an article is begun, previewed, published, changed, compared, restored and scheduled', async ({ house }) => {
  const admin = await author(house);
  const { page } = admin;
  const reader = await house.stranger();
  const site = async (slug: string, words: string) => {
    await reader.page.goto(`${house.server.url}/help/pl/${slug}`);
    await expect(reader.page.getByText(words)).toBeVisible();
  };

  await begin(admin, title, '');
  await text(admin).click();
  await page.keyboard.type('Usługę zwraca warsztat.\n\n1. Otwórz zamówienie');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Wybierz ważne');
  await expect(text(admin)).toHaveValue('Usługę zwraca warsztat.\n\n1. Otwórz zamówienie\n2. Wybierz ważne');
  await page.keyboard.press('Control+Shift+ArrowLeft');
  await page.keyboard.press('Control+b');
  await expect(text(admin)).toHaveValue(/2\. Wybierz \*\*ważne\*\*$/);
  await page.keyboard.press('Control+z');
  await expect(text(admin), 'undo takes the toolbar back').toHaveValue(/2\. Wybierz ważne$/);
  const preview = page.getByRole('region', { name: 'Podgląd na żywo' });
  await expect(preview.getByRole('heading', { name: title })).toBeVisible();
  await expect(preview.getByRole('listitem').filter({ hasText: 'Wybierz ważne' })).toBeVisible();
  await page.getByText('Miejsce i powiązania').waitFor();
  await page.getByRole('combobox', { name: /^Dział/ }).fill('Zwroty i pieniądze');
  await page.getByRole('button', { name: /^Komu podpowiadać/ }).click();
  await page.getByRole('checkbox', { name: 'Kupujący' }).check();
  await page.keyboard.press('Escape');
  await status(admin, 'Szkic zapisany');
  await expect(row(admin, title)).toContainText('polski: szkic');
  await admin.picture('70-articles-draft');

  await text(admin).press('Control+Enter');
  await expect(admin.dialog).toContainText('/help/pl/zwrot-za-wulkanizacje');
  await admin.dialog.getByRole('button', { name: 'Opublikuj wersję 1' }).click();
  await status(admin, 'Czytelnicy widzą wersję 1.');
  await site('zwrot-za-wulkanizacje', 'Usługę zwraca warsztat.');
  await expect(row(admin, title)).toContainText('polski: aktualne');

  await rewrite(admin, 'Usługę zwraca warsztat, my oddajemy prowizję.\n\n1. Otwórz zamówienie\n2. Wybierz ważne');
  await status(admin, 'Czytelnicy widzą jeszcze wersję 1.');
  await site('zwrot-za-wulkanizacje', 'Usługę zwraca warsztat.');
  await page.getByRole('textbox', { name: /^Adres/ }).fill('wulkanizacja');
  await expect(page.getByText('Stary adres „zwrot-za-wulkanizacje” nadal działa')).toBeVisible();
  await publish(admin, 2);
  await site('zwrot-za-wulkanizacje', 'my oddajemy prowizję');
  expect(reader.page.url(), 'the old address leads to the new one').toContain('/help/pl/wulkanizacja');

  await page.getByRole('link', { name: 'Wersja 2' }).click();
  await expect(page.getByRole('heading', { name: 'Wersja 2 wobec wersji 1' })).toBeVisible();
  await expect(page.locator('.diff ins')).toContainText(['my oddajemy prowizję']);
  await admin.picture('71-articles-versions');
  await page.getByRole('button', { name: /^Wersja 1/ }).click();
  await page.getByRole('button', { name: 'Przywróć wersję 1' }).click();
  await admin.dialog.getByRole('button', { name: 'Przywróć wersję 1' }).click();
  await expect(page.getByRole('button', { name: /^Wersja 3, opublikowana/ })).toContainText('przywrócona wersja 1');
  await site('zwrot-za-wulkanizacje', 'Usługę zwraca warsztat.');

  await page.getByRole('link', { name: 'Wersja 3' }).click();
  await rewrite(admin, 'Od stycznia zwraca warsztat.');
  await page.getByRole('button', { name: 'Zaplanuj' }).click();
  await admin.dialog.getByLabel('Kiedy').fill('2020-01-01T08:00');
  await admin.dialog.getByRole('button', { name: 'Zaplanuj' }).click();
  await expect(admin.dialog.getByRole('alert')).toContainText('Ten czas już minął');
  await admin.dialog.getByLabel('Kiedy').fill('2099-01-02T08:00');
  await admin.dialog.getByRole('button', { name: 'Zaplanuj' }).click();
  await status(admin, /Zaplanowane na 2 sty/);
  await page.getByRole('combobox', { name: 'Stan' }).selectOption('scheduled');
  await expect(row(admin, title)).toBeVisible();
  await page.getByRole('button', { name: 'Więcej' }).click();
  await page.getByRole('menuitem', { name: 'Zdejmij z planu' }).click();
  await admin.dialog.getByRole('button', { name: 'Zdejmij' }).click();
  await status(admin, 'Szkic zapisany');
  await page.getByRole('button', { name: 'Więcej' }).click();
  await page.getByRole('menuitem', { name: 'Wyrzuć szkic' }).click();
  await expect(text(admin)).toHaveValue(/^Usługę zwraca warsztat\.\n/);
  await page.getByRole('button', { name: 'Cofnij' }).click();
  await expect(text(admin), 'a draft thrown away comes back').toHaveValue('Od stycznia zwraca warsztat.');
  await status(admin, 'Szkic zapisany');
});

test('a draft is looked at by somebody else, goes back with a note, and an article is withdrawn', async ({ house }) => {
  const admin = await author(house);
  await begin(admin, title, 'Warsztat zwraca.');
  await admin.page.getByRole('button', { name: 'Więcej' }).click();
  await admin.page.getByRole('menuitem', { name: 'Poproś o przejrzenie' }).click();
  await admin.dialog.getByLabel('Na co zwrócić uwagę').fill('Czy to dotyczy też opon?');
  await admin.dialog.getByRole('button', { name: /^Poproś/ }).click();
  await status(admin, 'Szkic czeka na przejrzenie');

  const ewa = await author(house, 'ewa@demo.test');
  await ewa.page.getByRole('combobox', { name: 'Stan' }).selectOption('review');
  await row(ewa, title).click();
  await expect(ewa.page.getByText('Czy to dotyczy też opon?')).toBeVisible();
  await ewa.page.getByRole('button', { name: 'Odeślij' }).click();
  await ewa.dialog.getByLabel('Co poprawić').fill('Opony osobno.');
  await ewa.dialog.getByRole('button', { name: /^Odeślij/ }).click();
  await expect(ewa.page.getByText('Opony osobno.')).toBeVisible();

  // Only a step was taken meanwhile: what is typed is saved over it without a question.
  await rewrite(admin, 'Warsztat zwraca za usługę.');
  await expect(admin.page.getByRole('button', { name: 'Zostaw moje' })).toHaveCount(0);
  await publish(admin, 1);
  await admin.page.getByRole('button', { name: 'Więcej' }).click();
  await admin.page.getByRole('menuitem', { name: 'Wycofaj artykuł' }).click();
  await admin.dialog.getByRole('button', { name: /^Wycofaj/ }).click();
  await expect(row(admin, title)).toContainText('polski: wycofane');
  const answer = await admin.page.request.get(`${house.server.url}/help/pl/zwrot-za-wulkanizacje`);
  expect(answer.status()).toBe(404);
  await publish(admin, 2);
});

test('a translation begins from its original, is late when that changes, and is brought up to date beside it', async ({ house }) => {
  const admin = await author(house);
  const { page } = admin;
  await begin(admin, title, 'Warsztat zwraca w dwa dni.');
  await publish(admin, 1);
  await page.getByRole('button', { name: 'Dodaj tłumaczenie' }).click();
  await page.getByRole('menuitem', { name: 'angielski' }).click();
  await expect(page.getByRole('region', { name: 'Oryginał' })).toContainText('Warsztat zwraca w dwa dni.');
  await page.getByRole('textbox', { name: 'Tytuł', exact: true }).fill('Tyre service refund');
  await rewrite(admin, 'The garage refunds in two days.');
  await publish(admin, 1);
  await expect(row(admin, title)).toContainText('angielski: aktualne');

  await page.getByRole('group', { name: 'Język' }).getByRole('link', { name: 'polski' }).click();
  await rewrite(admin, 'Warsztat zwraca w trzy dni.');
  await publish(admin, 2);
  await expect(row(admin, title)).toContainText('angielski: do odświeżenia');
  await page.getByRole('button', { name: 'Do odświeżenia 1' }).click();
  await expect(row(admin, title)).toBeVisible();
  await expect(page.getByText('Wersja angielska jest do odświeżenia od dziś.')).toBeVisible();
  await page.getByRole('link', { name: 'Obok siebie' }).click();
  const original = page.getByRole('region', { name: 'Oryginał' });
  await expect(original.locator('del')).toContainText(['dwa']);
  await expect(original.locator('ins')).toContainText(['trzy']);
  await admin.picture('72-articles-beside');
  await text(admin).fill('The garage refunds in three days.');
  await page.getByLabel('Tłumaczenie mówi to, co wersja 2 oryginału').check();
  await status(admin, 'Szkic zapisany');
  await publish(admin, 2);
  await expect(page.getByText('jest do odświeżenia od dziś')).toHaveCount(0);
  await page.getByRole('button', { name: 'Wszystkie', exact: true }).click();
  await expect(row(admin, title)).toContainText('angielski: aktualne');
});

test('of two who write at once neither loses a word', async ({ house }) => {
  const admin = await author(house);
  await begin(admin, title, 'Pierwszy akapit.\n\nDrugi akapit.');
  const ewa = await author(house, 'ewa@demo.test');
  await row(ewa, title).click();
  await expect(text(ewa)).toHaveValue(/Drugi/);
  await rewrite(ewa, 'Pierwszy akapit Ewy.\n\nDrugi akapit.');
  await text(admin).fill('Pierwszy akapit.\n\nDrugi akapit Barbary.');
  await expect(admin.page.getByRole('alert')).toContainText('Ewa Sowa też pisze ten szkic');
  await expect(admin.page.locator('.clash del')).toContainText(['Ewy.']);
  await expect(admin.page.locator('.clash ins').filter({ hasText: 'Barbary.' })).toBeVisible();
  await accessible(admin, 'articles-clash');
  await admin.page.reload();
  await expect(admin.page.getByRole('alert'), 'also after a reload').toContainText('Ewa Sowa też pisze ten szkic');
  await admin.page.getByRole('button', { name: 'Złóż oba' }).click();
  await expect(text(admin)).toHaveValue(/Barbary/);
  await expect(text(admin)).toHaveValue(/Ewy/);
  await status(admin, 'Szkic zapisany');
  await ewa.page.reload();
  await expect(text(ewa)).toHaveValue(/Barbary/);
});

test('what is written without a connection is kept in the browser and saved when it is back', async ({ house }) => {
  const admin = await author(house);
  const { page } = admin;
  await begin(admin, title, 'Przedtem.');
  await page.route('**/v1/manuscripts/*/draft', (r) => r.abort());
  await text(admin).fill('Bez sieci.');
  await status(admin, 'Nie ma połączenia');
  await page.reload();
  await expect(text(admin)).toHaveValue('Bez sieci.');
  await page.unroute('**/v1/manuscripts/*/draft');
  await status(admin, 'Szkic zapisany'); // it is tried again by itself
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await expect(text(admin)).toHaveValue('Bez sieci.');
});

test('a picture is sent and shown, an article is found by a word of its text, and by the keys', async ({ house }) => {
  const admin = await author(house);
  const { page } = admin;
  await begin(admin, title, 'Bezprzykładny akapit.');
  const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await text(admin).press('Control+End');
  await page.locator('input[type=file]').setInputFiles({ name: 'kropka.png', mimeType: 'image/png', buffer: dot });
  await expect(text(admin)).toHaveValue(/!\[kropka\]\(\/help\/files\//);
  const picture = page.getByRole('region', { name: 'Podgląd na żywo' }).getByRole('img', { name: 'kropka' });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((i: HTMLImageElement) => i.naturalWidth)).toBe(1);
  await publish(admin, 1);
  const find = page.getByRole('searchbox', { name: 'Tytuł, treść, słowo klucz' });
  await find.fill('wulkanizacje');
  await expect(row(admin, title)).toBeVisible();
  await expect(async () => {
    await find.fill('');
    await find.fill('bezprzykładny');
    await expect(row(admin, title)).toBeVisible({ timeout: 1500 });
  }).toPass();
  await find.fill('zwrot');
  await find.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main').getByRole('heading').first()).toBeVisible();
});

test('who may not write articles is offered none, and the room has no serious fault of accessibility, also on a phone', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test', { online: false });
  await ania.go('settings/people');
  await expect(ania.page.getByRole('navigation', { name: 'Ustawienia' })).toBeVisible();
  await expect(ania.page.getByRole('link', { name: /^Artykuły/ })).toHaveCount(0);
  await ania.go('settings/articles');
  await expect(ania.page.getByText('Twoja rola nie obejmuje')).toBeVisible();
  await expect(ania.page.getByRole('link', { name: 'Nowy' })).toHaveCount(0);

  const admin = await author(house);
  const { page } = admin;
  await accessible(admin, 'articles-list');
  await row(admin, 'Kiedy wrócą pieniądze').first().click();
  await expect(text(admin)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Podgląd na żywo' }).getByRole('heading').first()).toBeVisible();
  await accessible(admin, 'articles-editor');
  await page.getByRole('link', { name: /^Wersja \d/ }).click();
  await expect(page.getByRole('heading', { name: 'Pierwsza wersja' })).toBeVisible();
  await accessible(admin, 'articles-versions');
  await page.setViewportSize({ width: 390, height: 844 });
  await accessible(admin, 'articles-phone-versions');
  await page.getByRole('link', { name: /^Wersja \d/ }).click();
  await expect(text(admin)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no sideways scrolling').toBeLessThanOrEqual(390);
  await accessible(admin, 'articles-phone-editor');
  await page.getByRole('link', { name: 'Artykuły' }).click();
  await expect(row(admin, 'Kiedy wrócą pieniądze').first()).toBeVisible();
  await page.getByRole('link', { name: 'Ustawienia' }).click();
  await expect(page.getByRole('heading', { name: 'Ustawienia' })).toBeVisible();
});
