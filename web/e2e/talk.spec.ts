// The main job: a customer asks in the shop, somebody of the team answers, both lose the network, it is resolved and
// rated. And what must survive on the way.
import type { Route } from '@playwright/test';
import { expect, test, type Colleague, type Shopper } from './house';

/** What both have said, in the order in which the customer sees it. */
const everything = (who: Shopper | Colleague) => who.said.evaluateAll((all) => all.map((e) => (e.textContent ?? '').replace(/^\s*(Ty|Ania Rutkowska|Kupujący), \d+:\d+: ?/, '').trim()));
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('a customer asks in Polish, Ania answers, both lose the network, and a 3 becomes a follow-up', async ({ house }) => {
  test.slow();
  const ania = await house.colleague('ania@demo.test');
  await expect(ania.page.getByText('Wszystkie linie wolne')).toBeVisible();
  await ania.picture('01-console-free');

  const marta = await house.shopper();
  await marta.page.goto(`${house.server.url}/`);
  await expect(marta.launcher).toBeVisible();
  await marta.picture('02-shop');
  await marta.launcher.click();
  await expect(marta.window.getByText('Na linii, odpisujemy')).toBeVisible();
  await marta.picture('03-widget-welcome');
  await marta.window.getByText('kupuję', { exact: true }).click();
  await marta.ask.pressSequentially('Sprzedawca anulował zakup, a zwrotu');
  await expect(marta.window.getByRole('article').getByRole('heading')).toContainText(/anulował|zwrot/i);
  await expect(marta.window.getByRole('button', { name: 'To mi wystarczy' })).toBeVisible();
  await expect(marta.ask, 'writing is never blocked').toBeFocused();
  await marta.picture('04-widget-suggestions');
  await marta.ask.pressSequentially(' na BLIK nie ma od tygodnia.');

  const words = 'Sprzedawca anulował zakup, a zwrotu na BLIK nie ma od tygodnia.';
  const sent = Date.now();
  await marta.ask.press('Enter');
  await expect(ania.row(words)).toBeVisible({ timeout: 1_000 });
  expect(Date.now() - sent, 'from the key to the console').toBeLessThan(1_000);
  await expect(marta.window.getByText(/^Wysłane|^Doręczone|^Przeczytane/)).toBeVisible();
  await expect(marta.window.getByText('Ania Rutkowska', { exact: true })).toBeVisible();

  await ania.openRow(words);
  await expect(ania.talk.getByText('Dlaczego do Ciebie?')).toBeVisible();
  await expect(ania.talk.locator('.why i').first()).toContainText(/kupując/i);
  await expect(ania.page.getByRole('group', { name: /Podpowiedzi|artykuł/i }).getByRole('button').first()).toBeVisible();
  await expect(marta.window.getByText(/^Przeczytane/)).toBeVisible();

  await ania.text.pressSequentially('Dzień dobry, sprawdzam');
  await expect(marta.window.getByText('Ania Rutkowska pisze')).toBeAttached();
  await ania.text.fill('Dzień dobry, sprawdzam u operatora.');
  await ania.text.press('Control+Enter');
  await expect(marta.said.filter({ hasText: 'sprawdzam u operatora' })).toBeVisible();
  await marta.write.pressSequentially('Dziękuję');
  await expect(ania.talk.getByText(/pisze…/)).toBeVisible();
  await expect(marta.window.getByText('Ania Rutkowska pisze')).toHaveCount(0);
  await marta.say('Dziękuję, czekam.');
  await expect(ania.said.filter({ hasText: 'Dziękuję, czekam.' })).toBeVisible();
  await expect(ania.talk.getByText(/pisze…/)).toHaveCount(0);

  const slowly = (r: Route) => setTimeout(() => void r.continue(), 800); // both are sent before the file is there, and go with it
  await marta.page.route('**/v1/attachments', slowly);
  await ania.page.route('**/v1/attachments', slowly);
  await marta.window.locator('input[type=file]').setInputFiles({ name: 'historia-konta.png', mimeType: 'image/png', buffer: picture });
  await marta.say('Tu jest historia konta.');
  const fromMarta = ania.talk.getByRole('link', { name: /historia-konta\.png/ });
  await expect(fromMarta).toBeVisible();
  const file = await ania.context.request.get(new URL((await fromMarta.getAttribute('href')) ?? '', house.server.url).href);
  expect(await file.body(), 'the agent gets the bytes that were sent').toEqual(picture);
  await ania.page.locator('.comp input[type=file]').setInputFiles({ name: 'potwierdzenie.png', mimeType: 'image/png', buffer: picture });
  await expect(ania.page.locator('.comp-files .att')).toContainText('potwierdzenie.png');
  await ania.say('A tu potwierdzenie operatora.');
  const fromAnia = marta.window.getByRole('link', { name: /potwierdzenie\.png/ });
  await expect(fromAnia).toBeVisible();
  await expect(fromAnia.locator('img')).toHaveJSProperty('naturalWidth', 1);
  await ania.picture('05-console-talk');
  await marta.picture('06-widget-talk');

  // The customer rides into a tunnel: no side is told, and both go on writing.
  await marta.lose('silence');
  await marta.say('Jeszcze jedno pytanie.');
  await marta.say('Czy faktura korygująca też przyjdzie?');
  await ania.say('Operator mówi: najpóźniej jutro.');
  await expect(marta.window.getByText(/Nie ma połączenia|Nie masz internetu/)).toBeVisible({ timeout: 20_000 });
  await expect(marta.window.getByText('Czeka na internet').first()).toBeVisible();
  await marta.picture('07-widget-offline');
  await ania.say('Proszę dać znać, gdy wpłynie.');
  await marta.regain();
  await expect(ania.said.filter({ hasText: 'faktura korygująca' })).toBeVisible({ timeout: 20_000 });
  await expect(marta.said.filter({ hasText: 'gdy wpłynie' })).toBeVisible();
  await expect(marta.window.getByText('Czeka na internet')).toHaveCount(0);

  // And now the agent's router falls over, which the browser does notice.
  await ania.lose('drop', true);
  await expect(ania.page.getByText(/Nie masz połączenia od/)).toBeVisible();
  await ania.say('Tak, faktura przyjdzie e-mailem.');
  await ania.say('Wyślemy ją jutro rano.');
  await ania.say('Tego nie wysyłamy.');
  await expect(ania.talk.locator('li.held')).toHaveCount(3);
  await ania.talk.locator('li.held').last().getByRole('button', { name: 'Usuń' }).click();
  await expect(ania.talk.locator('li.held')).toHaveCount(2);
  await expect(ania.page.getByText('Ta przeglądarka nie zapisuje danych'), 'what is written is kept').toHaveCount(0);
  await ania.text.fill('Szkic, który zostaje');
  await marta.say('Halo, jest tam kto?');
  await ania.picture('08-console-offline');
  await ania.regain();
  await expect(marta.said.filter({ hasText: 'jutro rano' })).toBeVisible({ timeout: 20_000 });
  await expect(ania.said.filter({ hasText: 'Halo' })).toBeVisible();
  await expect(ania.talk.locator('li.held')).toHaveCount(0);
  await expect(ania.text).toHaveValue('Szkic, który zostaje');

  const expected = [
    words,
    'Dzień dobry, sprawdzam u operatora.',
    'Dziękuję, czekam.',
    'Tu jest historia konta.',
    'A tu potwierdzenie operatora.',
    'Operator mówi: najpóźniej jutro.',
    'Proszę dać znać, gdy wpłynie.',
    'Jeszcze jedno pytanie.',
    'Czy faktura korygująca też przyjdzie?',
    'Halo, jest tam kto?',
    'Tak, faktura przyjdzie e-mailem.',
    'Wyślemy ją jutro rano.',
  ];
  expect(await everything(marta), 'nothing is missing, doubled or out of order at the customer').toEqual(expected);
  expect(await everything(ania), 'nor at the agent').toEqual(expected);

  await ania.text.fill('');
  await ania.page.getByRole('button', { name: /^Rozwiąż/ }).click();
  await expect(ania.dialog).toBeVisible();
  await ania.picture('09-console-resolve');
  await ania.dialog.getByRole('button', { name: /^Rozwiąż/ }).click();
  await expect(ania.page.getByRole('button', { name: 'Otwórz na nowo' })).toBeVisible();

  const three = marta.window.getByRole('radio', { name: '3', exact: true });
  await expect(three).toBeVisible();
  await expect(marta.window.getByRole('radio', { checked: true })).toHaveCount(0);
  await three.click();
  await marta.window.getByLabel('Co najbardziej wpłynęło na tę ocenę?').fill('Za długo trwało.');
  await marta.picture('10-widget-nps');
  await marta.window.getByRole('button', { name: 'Wyślij ocenę' }).click();
  await expect(marta.window.getByText('Przykro nam, że tak wyszło')).toBeVisible();
  await marta.picture('11-widget-nps-thanks');

  await ania.page.getByRole('link', { name: /Domykanie spraw/ }).click();
  const card = ania.page.getByRole('article').filter({ hasText: 'Za długo trwało.' });
  await expect(card).toBeVisible();
  await expect(card.locator('.key')).toHaveText('3');
  await ania.picture('12-console-follow-up');
});

test('a customer’s words survive a reload: the draft, and what had not gone out yet', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Gdzie jest moja paczka?');
  await ania.openRow('Gdzie jest moja paczka?');
  await marta.lose('sockets');
  await marta.say('raz');
  await marta.say('dwa');
  await marta.write.fill('szkic, którego nikt nie wysłał');
  await expect(marta.window.getByText('Czeka na internet').or(marta.window.getByText('Czeka na poprzednią')).first()).toBeVisible();
  await marta.page.reload();
  await expect(marta.said.filter({ hasText: /^.*raz$/ })).toBeVisible();
  await expect(marta.said.filter({ hasText: /^.*dwa$/ })).toBeVisible();
  await expect(marta.write).toHaveValue('szkic, którego nikt nie wysłał');
  expect((await everything(ania)).filter((t) => t === 'raz'), 'nothing went out yet').toEqual([]);
  await marta.regain();
  await expect(ania.said.filter({ hasText: 'dwa' })).toBeVisible({ timeout: 20_000 });
  expect(await everything(ania)).toEqual(['Gdzie jest moja paczka?', 'raz', 'dwa']);
  await expect(marta.window.getByText(/Czeka na/)).toHaveCount(0);
  expect(await everything(marta)).toEqual(['Gdzie jest moja paczka?', 'raz', 'dwa']);
  await expect(marta.write).toHaveValue('szkic, którego nikt nie wysłał');
});

test('an agent’s words survive a reload: the draft, the note’s draft, and the outbox', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Kod odbioru nie przychodzi');
  await ania.openRow('Kod odbioru nie przychodzi');
  await ania.lose('sockets');
  await ania.say('raz');
  await ania.say('dwa');
  await ania.text.fill('odpowiedź w połowie');
  await ania.page.getByRole('tab', { name: 'Notatka' }).click();
  await ania.text.fill('notatka w połowie');
  await expect(ania.talk.locator('li.held')).toHaveCount(2);
  await ania.page.reload();
  await expect(ania.talk.locator('li.held'), 'also before the line is back').toHaveCount(2);
  await expect(ania.text).toHaveValue('odpowiedź w połowie');
  expect(await everything(marta)).toEqual(['Kod odbioru nie przychodzi']);
  await ania.regain();
  await expect(marta.said.filter({ hasText: 'dwa' })).toBeVisible({ timeout: 20_000 });
  expect(await everything(marta)).toEqual(['Kod odbioru nie przychodzi', 'raz', 'dwa']);
  await expect(ania.talk.locator('li.held')).toHaveCount(0);
  await expect(ania.text).toHaveValue('odpowiedź w połowie');
  await ania.page.getByRole('tab', { name: 'Notatka' }).click();
  await expect(ania.text).toHaveValue('notatka w połowie');
});

test('the server is killed while both write, and starts again', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Płatność BLIK odrzucona');
  await ania.openRow('Płatność BLIK odrzucona');
  await house.server.end('SIGKILL');
  await marta.say('Halo?');
  await ania.say('Już sprawdzam.');
  await expect(marta.said.filter({ hasText: 'Halo?' })).toBeVisible();
  await house.server.begin();
  await expect(ania.said.filter({ hasText: 'Halo?' })).toBeVisible({ timeout: 20_000 });
  await expect(marta.said.filter({ hasText: 'Już sprawdzam.' })).toBeVisible({ timeout: 20_000 });
  await expect(marta.window.getByText(/Czeka na/)).toHaveCount(0);
  const [atMarta, atAnia] = [await everything(marta), await everything(ania)];
  expect(atAnia).toEqual(atMarta);
  expect([...atMarta].sort()).toEqual(['Halo?', 'Już sprawdzam.', 'Płatność BLIK odrzucona']);
});

test('when the browser knows there is no network, the console says so before the socket does', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Czy paczka już wyszła?');
  await ania.openRow('Czy paczka już wyszła?');
  await ania.context.setOffline(true);
  await expect(ania.page.getByText(/Nie masz połączenia od/)).toBeVisible({ timeout: 2_000 });
  await ania.say('Wyszła dziś rano.');
  await ania.context.setOffline(false);
  await expect(marta.said.filter({ hasText: 'Wyszła dziś rano.' })).toBeVisible({ timeout: 20_000 });
  await expect(ania.page.getByText(/Nie masz połączenia od/)).toHaveCount(0);
});

test('in English the first step is the same', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const mary = await house.shopper({ locale: 'en-GB' });
  await mary.page.goto(`${house.server.url}/?lang=en`);
  await mary.page.getByRole('button', { name: 'Help', exact: true }).click();
  await expect(mary.window.getByRole('heading', { name: 'Hello!' })).toBeVisible();
  await mary.window.getByText('buy', { exact: true }).click();
  await mary.ask.pressSequentially('When will I get my money back?');
  await expect(mary.window.getByRole('article').getByRole('heading')).toContainText(/money|refund/i);
  await mary.picture('20-widget-english');
  await mary.ask.press('Enter');
  await expect(mary.window.getByText(/^(Sent|Delivered|Read) \d/)).toBeVisible();
  await expect(mary.window.getByText('Ania Rutkowska', { exact: true })).toBeVisible();
  await ania.openRow('When will I get my money back?');
  await expect(ania.page.getByRole('complementary', { name: 'O kliencie' }).getByText('angielski')).toBeVisible();
  await ania.page.getByRole('button', { name: /linii zajęte/ }).click();
  await ania.page.getByRole('menuitem', { name: 'English' }).click();
  await expect(ania.page.getByRole('link', { name: /^Mine/ })).toBeVisible();
  await expect(ania.talk.getByText('Why you?')).toBeVisible();
  await ania.page.reload();
  await expect(ania.talk.getByText('Why you?')).toBeVisible();
  await ania.picture('21-console-english');
});
