// Every page in both themes, looked at by axe: nothing serious. The pictures stay beside the others. Each test has a few
// pages, so that they go side by side.
import { accessible, expect, test, type Colleague, type House } from './house';

test.slow(); // axe reads whole pages, also on a busy machine

/** Somebody of the console with one conversation of their own, answered and noted. */
async function talking(house: House): Promise<Colleague> {
  const marta = await house.shopper();
  await marta.begin('Gdzie jest moja paczka?');
  const admin = await house.colleague('admin@demo.test', { online: false });
  await admin.go('queue');
  await admin.openRow('Gdzie jest moja paczka?');
  await admin.page.getByRole('button', { name: /^Weź/ }).click();
  await expect(admin.talk.getByText('Dlaczego do Ciebie?')).toBeVisible();
  await admin.say('Sprawdzam.');
  await admin.page.getByRole('tab', { name: 'Notatka' }).click();
  await admin.say('Notatka dla zespołu');
  await expect(admin.talk.getByLabel('Notatka prywatna')).toBeVisible();
  return admin;
}

test('signing in has no serious fault of accessibility', async ({ house }) => {
  const admin = await house.stranger();
  const { page } = admin;
  const look = (what: string) => accessible(admin, what);
  await page.goto(`${house.server.url}/console`);
  await expect(page.getByRole('heading', { name: 'Zaloguj się' })).toBeVisible();
  await look('console-sign-in');
  await page.goto(`${house.server.url}/console/set-password#nothing`);
  await expect(page.getByRole('heading', { name: 'Ustaw hasło' })).toBeVisible();
  await look('console-set-password');
  await admin.signIn('admin@demo.test');
  await expect(page.getByText('Wszystkie linie wolne')).toBeVisible();
  await look('console-free');
});

test('a conversation has no serious fault of accessibility', async ({ house }) => {
  const admin = await talking(house);
  const { page } = admin;
  const look = (what: string) => accessible(admin, what);
  await look('console-note');
  await page.getByRole('tab', { name: 'Odpowiedź' }).click();
  await admin.text.fill('Szkic z pustym polem {{numer}}');
  await expect(page.getByText('Puste pole: numer')).toBeVisible();
  await look('console-conversation');
});

test('what opens above a conversation has no serious fault of accessibility', async ({ house }) => {
  const admin = await talking(house);
  const { page } = admin;
  const look = (what: string) => accessible(admin, what);
  for (const [button, what] of [['Odłóż', 'snooze'], ['Przekaż', 'transfer'], [/^Rozwiąż/, 'resolve']] as const) {
    await page.getByRole('button', { name: button }).first().click();
    await expect(admin.dialog).toBeVisible();
    await look(`console-${what}`);
    await page.keyboard.press('Escape');
    await expect(admin.dialog).toHaveCount(0);
  }
  await page.keyboard.press('Control+k');
  await expect(admin.dialog).toBeVisible();
  await look('console-palette');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Kontakt spoza sieci' }).or(page.locator('.list-head').getByRole('button').first()).first().click();
  await expect(admin.dialog).toBeVisible();
  await look('console-log-by-hand');
});

test('the other places of the console have no serious fault of accessibility', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  for (const [place, shows] of [
    ['search', page.getByRole('combobox')],
    ['followups', page.getByRole('heading', { name: 'Domykanie spraw' })],
    ['desk', page.getByRole('heading', { name: 'Pulpit zmiany' })],
    ['settings/channels', page.getByText('Czat na stronie')],
    ['settings/people', page.getByRole('cell', { name: /Ania Rutkowska/ })],
    ['settings/teams', page.getByRole('cell', { name: /Sprzedający/ }).first()],
    ['settings/hours', page.getByLabel(/poniedziałek/i)],
    ['settings/macros', page.getByRole('heading', { name: 'Makra' })],
    ['settings/articles', page.getByRole('heading', { name: 'Artykuły' })],
    ['settings/audit', page.getByRole('table')],
    ['settings/keys', page.getByRole('heading', { name: 'Klucze API' })],
  ] as const) {
    await admin.go(place);
    await expect(shows).toBeVisible();
    await accessible(admin, `console-${place.replace('/', '-')}`);
  }
});

test('the console on a phone has no serious fault of accessibility', async ({ house }) => {
  const admin = await talking(house);
  const { page } = admin;
  const look = (what: string) => accessible(admin, what);
  await page.setViewportSize({ width: 390, height: 800 });
  await admin.go('mine');
  await expect(admin.row('Sprawdzam.')).toBeVisible();
  await look('console-phone-list');
  await admin.openRow('Sprawdzam.');
  await look('console-phone-talk');
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no sideways scrolling').toBeLessThanOrEqual(390);
});

test('the pages for customers have no serious fault of accessibility', async ({ house }) => {
  const marta = await house.shopper();
  const { page } = marta;
  const look = (what: string) => accessible(marta, what);
  for (const [path, what] of [
    ['/help', 'help'],
    ['/help/pl/kiedy-wroca-pieniadze', 'help-article'],
    ['/help/search?q=zwrot&lang=pl', 'help-search'],
    ['/help/search?q=xyzzyx&lang=pl', 'help-search-empty'],
    ['/help?lang=en', 'help-english'],
    ['/contact', 'contact'],
    ['/s/not-a-survey', 'survey-gone'],
    ['/nothing-here', 'gone'],
  ] as const) {
    await page.goto(house.server.url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await look(what);
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`${house.server.url}/help`);
  await look('help-phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no sideways scrolling').toBeLessThanOrEqual(390);
});

test('the window for customers has no serious fault of accessibility', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  const { page } = marta;
  const look = (what: string) => accessible(marta, what);
  await page.goto(`${house.server.url}/`);
  await expect(marta.launcher).toBeVisible();
  await look('shop');
  await marta.launcher.click();
  await expect(marta.window.getByText('Na linii, odpisujemy')).toBeVisible();
  await look('widget-welcome');
  await marta.window.getByText('kupuję', { exact: true }).click();
  await marta.ask.fill('Kiedy wrócą pieniądze za zwrot?');
  await expect(marta.window.getByRole('button', { name: 'To mi wystarczy' })).toBeVisible();
  await look('widget-suggestions');
  await marta.ask.press('Enter');
  await ania.openRow('Kiedy wrócą pieniądze');
  await ania.say('Zwykle w trzy dni.');
  await expect(marta.said.filter({ hasText: 'Zwykle w trzy dni.' })).toBeVisible();
  await look('widget-talk');
  await ania.page.getByRole('button', { name: /^Rozwiąż/ }).click();
  await ania.dialog.getByRole('button', { name: /^Rozwiąż/ }).click();
  await marta.window.getByRole('radio', { name: '9', exact: true }).click();
  await look('widget-nps');
  await marta.window.getByRole('button', { name: 'Wyślij ocenę' }).click();
  await expect(marta.window.getByText('Dziękujemy za ocenę')).toBeVisible();
  await look('widget-nps-thanks');
  await page.setViewportSize({ width: 360, height: 720 });
  await look('widget-phone');

  // The looking itself: a fault inside the window is found from outside.
  await marta.window.locator('body').evaluate((body) => body.append(document.createElement('img')));
  await expect(look('widget-with-a-fault')).rejects.toThrow('image-alt');
});
