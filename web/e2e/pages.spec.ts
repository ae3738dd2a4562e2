// What people read and write without signing in: the form, the Help Centre, the survey by its address.
import { expect, test } from './house';
import { MailSink } from './mail';

test('the contact form suggests before sending, and what is sent anyway reaches the console', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  const { page } = marta;
  await page.goto(`${house.server.url}/contact`);
  await page.getByText('kupuję', { exact: true }).click();
  const text = page.getByLabel('O co chodzi?');
  await text.pressSequentially('Paczka ma status doręczona, a ja jej nie mam');
  const before = page.locator('#before');
  await expect(before.getByRole('heading', { level: 3 })).toContainText(/doręczona/i);
  await marta.picture('50-form-suggestions');
  await before.getByRole('button', { name: 'To mi wystarczy' }).click();
  await expect(before).toContainText('Cieszymy się');
  await before.getByRole('button', { name: 'Cofnij' }).click();
  await expect(text, 'the words are still there').toHaveValue('Paczka ma status doręczona, a ja jej nie mam');
  await page.reload();
  await expect(text, 'and after a reload too').toHaveValue('Paczka ma status doręczona, a ja jej nie mam');
  await page.getByLabel('Adres e-mail').fill('marta@poczta.example');
  await page.getByLabel(/Imię|Jak się do Ciebie zwracać/).fill('Marta Wiśniewska');
  await page.locator('input[type=file]').setInputFiles({ name: 'etykieta.txt', mimeType: 'text/plain', buffer: Buffer.from('nadano 12 listopada') });
  await page.getByRole('button', { name: 'Wyślij' }).click();
  await expect(page).toHaveURL(/\/contact\/sent/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await marta.picture('51-form-sent');
  await ania.openRow('Marta Wiśniewska');
  await expect(ania.said.first()).toContainText('Paczka ma status doręczona');
  const file = ania.talk.getByRole('link', { name: /etykieta\.txt/ });
  const got = await ania.context.request.get(new URL((await file.getAttribute('href')) ?? '', house.server.url).href);
  expect(await got.text()).toBe('nadano 12 listopada');
  await expect(ania.page.getByRole('complementary', { name: 'O kliencie' }).getByText('marta@poczta.example')).toBeVisible();
});

test('the Help Centre: a side, an article, a search that forgives, and English', async ({ house }) => {
  const marta = await house.shopper();
  const { page } = marta;
  await page.goto(`${house.server.url}/help`);
  await expect(page.getByRole('heading', { level: 1, name: 'Czego szukasz?' })).toBeVisible();
  await marta.picture('54-help-home');
  await page.getByRole('region', { name: /Kupuję|Kupujący/ }).getByRole('link', { name: /Wszystkie/ }).click();
  await page.getByRole('main').getByRole('link', { name: 'Jak zwrócić zakup' }).click();
  await expect(page).toHaveURL(/\/help\/pl\/jak-zwrocic-zakup$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Jak zwrócić zakup' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('14 dni');
  await marta.picture('55-help-article');
  await page.getByRole('button', { name: 'Tak' }).click();
  await expect(page.getByText('Cieszymy się')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Szukaj w Centrum pomocy' }).fill('zwrotu pieniedzy');
  await page.getByRole('searchbox', { name: 'Szukaj w Centrum pomocy' }).press('Enter');
  await expect(page.getByRole('main').getByRole('link', { name: /^Kiedy wrócą pieniądze/ })).toBeVisible();
  await expect(page.getByRole('main').locator('mark').first(), 'the words that were found are marked').toHaveText(/^(zwrot|pieni)/i);
  await marta.picture('56-help-search');
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(page.getByRole('searchbox', { name: 'Szukaj w Centrum pomocy' }), 'on a phone one can ask again').toHaveValue('zwrotu pieniedzy');
  await page.goto(`${house.server.url}/help/en/how-to-return-a-purchase`);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How to return a purchase');
});

test.describe('by mail', () => {
  let sink: MailSink;
  test.beforeAll(async () => (sink = await MailSink.start()));
  test.afterAll(() => sink.stop());
  test.use({
    env: { CENTRALA_SURVEY_MAIL_AFTER: '1s', CENTRALA_CHAT_CARRY_ON_AFTER: '1s' },
  });

  test('an answer that nobody saw in the window goes to the address that was left, in the same conversation', async ({ house }) => {
    await house.mailbox(sink.port);
    const ania = await house.colleague('ania@demo.test', { online: false });
    const jan = await house.shopper();
    await jan.open();
    await jan.window.getByText('kupuję', { exact: true }).click();
    await jan.ask.fill('Kiedy kurier odbierze zwrot?');
    await jan.window.getByLabel('Adres e-mail do odpowiedzi').fill('jan@poczta.example');
    await jan.window.getByRole('button', { name: 'Zostaw wiadomość' }).click();
    await expect(jan.window.getByText('odpowiedź przyjdzie na jan@poczta.example')).toBeVisible();
    await jan.page.goto('about:blank');
    await ania.go('queue');
    await ania.openRow('Kiedy kurier odbierze zwrot?');
    await ania.say('Jutro między 9 a 12.');
    const letters = () => sink.to('jan@poczta.example').filter((m) => m.includes('Jutro między 9 a 12.'));
    await expect.poll(() => letters().length, { timeout: 20_000 }).toBe(1);
    await jan.page.goto(`${house.server.url}/`);
    await expect(jan.said.filter({ hasText: 'Jutro między 9 a 12.' }), 'it is in the window too').toBeVisible();
    expect(letters(), 'and was sent once').toHaveLength(1);
  });

  test('an answer that was refused shows its attempts, and leaves when it is sent again', async ({ house }) => {
    await house.mailbox(sink.port);
    sink.gone.add('jan.nowak@poczta.example');
    const ania = await house.colleague('ania@demo.test');
    const jan = await house.shopper();
    await jan.page.goto(`${house.server.url}/contact`);
    await jan.page.getByText('kupuję', { exact: true }).click();
    await jan.page.getByLabel('O co chodzi?').fill('Proszę o etykietę zwrotną.');
    await jan.page.getByLabel('Adres e-mail').fill('jan.nowak@poczta.example');
    await jan.page.getByRole('button', { name: 'Wyślij' }).click();
    await expect(jan.page).toHaveURL(/\/contact\/sent/);
    await ania.openRow('Proszę o etykietę');
    await ania.say('Etykieta jest w załączniku.');
    const way = ania.talk.locator('.way');
    await expect(ania.talk.getByText('Nie wysłano: 550 5.1.1 nobody here')).toBeVisible({ timeout: 20_000 });
    expect(await ania.page.getByText('Wyjdzie za 5 sekund').count(), 'it has gone, and cannot be taken back').toBe(0);
    await expect(way.getByRole('listitem')).toHaveCount(1);
    await expect(way.getByRole('listitem')).toContainText(/Próba 1.*nobody here/);
    await ania.picture('57-console-refused');
    sink.gone.clear();
    await way.getByRole('button', { name: 'Wyślij ponownie' }).click();
    await expect.poll(() => sink.to('jan.nowak@poczta.example').length, { timeout: 20_000 }).toBe(1);
    await expect(way, 'nothing is wrong any more').toHaveCount(0);
    await ania.talk.getByRole('button', { name: 'Próby wysłania' }).click();
    await expect(way.getByRole('listitem')).toHaveCount(2);
    await expect(way.getByRole('button', { name: 'Wyślij ponownie' })).toHaveCount(0);
  });

  test('whoever wrote by the form is answered and asked by mail; looking records nothing, the button does', async ({ house }) => {
    await house.mailbox(sink.port);
    const ania = await house.colleague('ania@demo.test');
    const marta = await house.shopper();
    const { page } = marta;
    await page.goto(`${house.server.url}/contact`);
    await page.getByText('kupuję', { exact: true }).click();
    await page.getByLabel('O co chodzi?').fill('Proszę o fakturę za dzbanek.');
    await page.getByLabel('Adres e-mail').fill('marta@poczta.example');
    await page.getByRole('button', { name: 'Wyślij' }).click();
    await expect(page).toHaveURL(/\/contact\/sent/);
    await ania.openRow('Proszę o fakturę');
    await ania.say('Faktura jest w załączniku zamówienia.');
    await expect.poll(() => sink.to('marta@poczta.example').some((m) => m.includes('Faktura jest w')), { timeout: 20_000 }).toBe(true);
    await ania.page.getByRole('button', { name: /^Rozwiąż/ }).click();
    await ania.dialog.getByRole('button', { name: /^Rozwiąż/ }).click();
    const nine = () => sink.to('marta@poczta.example').map((m) => /http:\/\/localhost:\d+\/s\/[\w-]+\?v=9/.exec(m)?.[0]).find(Boolean) ?? '';
    await expect.poll(nine, { timeout: 30_000 }).toContain('/s/');

    await page.goto(nine());
    await expect(page.getByRole('radio', { name: '9', exact: true }), 'what was pressed in the mail').toBeChecked();
    await marta.picture('52-survey');
    await ania.go('followups');
    await expect(ania.page.getByText('Nikt nie czeka na kontakt').first()).toBeVisible();
    await page.getByText('2', { exact: true }).click();
    await page.getByRole('textbox').fill('Długo to trwało.');
    await page.getByRole('button', { name: 'Wyślij ocenę' }).click();
    await expect(page).toHaveURL(/\/thanks/);
    await expect(page.getByText('Przykro nam, że tak wyszło')).toBeVisible();
    await marta.picture('53-survey-thanks');
    await ania.page.reload();
    const card = ania.page.getByRole('article').filter({ hasText: 'Długo to trwało.' });
    await expect(card.locator('.key')).toHaveText('2');
    await card.getByRole('button', { name: 'Kontakt' }).click();
    await ania.dialog.getByLabel(/Notatka/).fill('Zadzwoniono, faktura wysłana.');
    await ania.dialog.getByRole('button', { name: 'Zapisz kontakt' }).click();
    await expect(ania.page.getByRole('group', { name: 'Po kontakcie' }).getByText('Zadzwoniono, faktura wysłana.')).toBeVisible();
  });
});
