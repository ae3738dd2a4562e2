// What comes by the generic door, in the console: words with a file, an answer to one message, what the other side changes
// afterwards; and two contacts who are one person.
import { certificate, Outside, type Told } from './door';
import { accessible, expect, test as base, type House } from './house';

const tls = certificate();
// The smallest picture there is: one dot.
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const test = base.extend<{ outside: Outside }>({
  env: tls?.trusts ?? {},
  outside: async ({ house }, use) => {
    void house; // it stands before the world outside does
    if (!tls) return base.skip(true, 'No openssl there to make a certificate with.');
    const outside = await Outside.open(tls, dot);
    await use(outside);
    await outside.close();
  },
});

const ola = { id: 'ola-77', name: 'Ola Wrona', email: 'ola.wrona@poczta.example', verified: ['email'] };
const says = (id: string, text: string, more: Partial<Told> = {}): Told => ({ type: 'message', id, from: ola, text, ...more });

async function opened(house: House, outside: Outside, ...events: Told[]) {
  const door = await house.door('Aplikacja sklepu', outside.endpoint);
  const ania = await house.colleague('ania@demo.test');
  expect(await outside.tell(door, ...events)).toBe(200);
  await ania.go('team');
  await ania.openRow('Ola Wrona');
  return { door, ania };
}

test('a signed message with a file is read and answered, and what changes afterwards is seen', async ({ house, outside }) => {
  const { door, ania } = await opened(house, outside, says('m-1', 'Dzień dobry, przyszedł inny kolor', { files: [{ url: outside.file('dzbanek.png'), name: 'dzbanek.png', type: 'image/png' }], matters: [{ kind: 'order', id: '2487-1193-05', title: 'Dzbanek emaliowany', status: 'paid' }] }), says('m-2', 'I jeszcze jedno pytanie'));
  const { page } = ania;
  await expect(ania.said).toHaveText(['Dzień dobry, przyszedł inny kolor', 'I jeszcze jedno pytanie']);
  const picture = ania.talk.getByRole('img', { name: 'dzbanek.png' });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((i: HTMLImageElement) => i.naturalWidth)).toBe(1);
  await expect(page.getByRole('complementary', { name: 'O kliencie' }).getByText('Dzbanek emaliowany')).toBeVisible();
  expect(await outside.tell({ ...door, secret: 'not-ours' }, says('m-x', 'podszywam się'))).toBe(401);

  // An answer to the first of the two, by the keyboard alone.
  await ania.talk.getByRole('button', { name: 'Odpowiedz na tę wiadomość' }).first().focus();
  await page.keyboard.press('Enter');
  await expect(ania.text).toBeFocused();
  await expect(page.locator('.answers')).toContainText('Dzień dobry, przyszedł inny kolor');
  await page.keyboard.press('Escape');
  await expect(page.locator('.answers')).toHaveCount(0);
  await ania.talk.getByRole('button', { name: 'Odpowiedz na tę wiadomość' }).first().click();
  await ania.say('Przepraszamy, wysyłamy właściwy.');
  await expect.poll(() => outside.taken.map((a) => [a.text, a.answers]), { timeout: 20_000 }).toEqual([['Przepraszamy, wysyłamy właściwy.', 'm-1']]);
  await expect(ania.talk.locator('.msg.mine .quote')).toContainText('przyszedł inny kolor');

  await outside.tell(door, { type: 'reaction', id: 'r-1', from: ola, about: 'ours-1', emoji: '❤️' }, { type: 'edit', id: 'e-1', from: ola, about: 'm-2', text: 'I jeszcze: kiedy?' });
  await expect(ania.talk.getByRole('list', { name: 'Reakcje' })).toContainText('❤️');
  await expect(ania.said.last()).not.toHaveText('I jeszcze jedno pytanie');
  await ania.talk.getByRole('button', { name: /wcześniejszą treść/ }).click();
  await expect(ania.talk.getByRole('list', { name: 'Wcześniejsza treść' })).toHaveText('I jeszcze jedno pytanie');
  await ania.picture('80-social');
  await accessible(ania, 'social');

  await outside.tell(door, { type: 'reaction', id: 'r-2', from: ola, about: 'ours-1', removed: true }, { type: 'unsend', id: 'u-1', from: ola, about: 'm-2' });
  await expect(ania.talk.getByText('Klient cofnął tę wiadomość')).toBeVisible();
  await expect(ania.talk.getByRole('list', { name: 'Reakcje' })).toHaveCount(0);
  await expect(ania.talk.getByText('I jeszcze: kiedy?')).toHaveCount(0);
  await outside.tell(door, { type: 'echo', id: 'o-1', from: ola, text: 'Napisane w aplikacji sklepu' });
  await expect(ania.talk.getByText(/napisane poza centralą/)).toBeVisible();

  // Refused by the other side: the reason in words, and what can be done.
  outside.refuse = { reason: 'They have blocked us.', cause: 'unreachable' };
  await ania.say('Czy paczka dotarła?');
  await expect(ania.talk.getByText('Klienta nie ma albo nas zablokował.')).toBeVisible({ timeout: 20_000 });
  await ania.picture('81-social-refused');
});

test('two contacts with one proven address are joined, and parted again', async ({ house, outside }) => {
  const { ania, door } = await opened(house, outside, says('m-1', 'Piszę z aplikacji'));
  const { page } = ania;
  expect(await outside.tell(door, { type: 'message', id: 'n-1', from: { ...ola, id: 'ola-www', name: 'Ola W.' }, text: 'A teraz ze strony' })).toBe(200);
  await expect(ania.row('Ola W.')).toBeVisible();
  await page.reload();
  const panel = page.getByRole('complementary', { name: 'O kliencie' });
  await panel.getByRole('button', { name: 'Porównaj' }).click();
  const dialog = page.getByRole('dialog', { name: 'Czy to ta sama osoba?' });
  await expect(dialog.getByText('Ten sam adres e-mail')).toBeVisible();
  await expect(dialog.getByText('mocne', { exact: true })).toBeVisible();
  await ania.picture('82-merge');
  await accessible(ania, 'merge');
  await dialog.getByRole('button', { name: /^Połącz/ }).click();
  await expect(ania.talk.getByText(/Połączono z: Ola W\./)).toBeVisible();
  await expect(panel.getByText('A teraz ze strony')).toBeVisible();
  await ania.picture('83-merged');

  await ania.talk.getByRole('button', { name: 'Rozłącz' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^Rozłącz/ }).click();
  await expect(ania.talk.getByText(/Rozłączono od: Ola W\./)).toBeVisible();
  await expect(ania.talk.getByRole('button', { name: 'Rozłącz' })).toHaveCount(0);
  await expect(panel.getByRole('button', { name: 'Porównaj' })).toHaveCount(0);

  // By hand, through the search, and undone by the toast.
  await panel.getByRole('button', { name: 'Połącz z inną osobą…' }).click();
  await page.getByRole('combobox', { name: 'Nazwisko, adres albo numer' }).fill('Ola W');
  await expect(page.getByRole('dialog').getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Czy to ta sama osoba?' })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('status').getByRole('button', { name: /Cofnij/ }).click();
  await expect(ania.talk.getByText(/Rozłączono od: Ola W\./)).toHaveCount(2);
});
