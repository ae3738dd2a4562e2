// The team's floor: who takes what, handing over, watching, and what happens when nobody is there.
import { expect, test } from './house';

test('of two who take the same conversation one gets it, and the other is told who', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test', { online: false });
  const piotr = await house.colleague('piotr@demo.test', { online: false });
  const marta = await house.shopper();
  await marta.open();
  await marta.window.getByText('kupuję', { exact: true }).click();
  await marta.ask.fill('Towar niezgodny z opisem');
  await marta.window.getByRole('button', { name: 'Zostaw wiadomość' }).click();
  for (const who of [ania, piotr]) {
    await who.go('queue');
    await who.openRow('Towar niezgodny z opisem');
    await expect(who.page.getByText(/^Czeka: nikogo/)).toBeVisible();
  }
  await piotr.lose('sockets'); // his screen falls behind, his requests get through
  await ania.page.getByRole('button', { name: /^Weź/ }).click();
  await expect(ania.talk.getByText('Dlaczego do Ciebie?')).toBeVisible();
  await piotr.page.getByRole('button', { name: /^Weź/ }).click();
  await expect(piotr.page.getByRole('alert').getByText('Tę rozmowę ma już Ania Rutkowska')).toBeVisible();
  await piotr.picture('30-console-claim-taken');
  await piotr.regain();
  await expect(piotr.page.locator('.conv-head').getByText('Ania Rutkowska')).toBeVisible({ timeout: 20_000 });
  await expect(marta.window.getByText('Ania Rutkowska', { exact: true })).toBeVisible();
});

test('a note stays in the team, a transfer finds the sellers’ team, a supervisor watches and reassigns', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marek = await house.colleague('marek@demo.test');
  const ewa = await house.colleague('ewa@demo.test', { online: false });
  const jan = await house.shopper();
  await jan.begin('Wystawiam pierwszą ofertę i nie wiem, jaka będzie prowizja');
  await ania.openRow('Wystawiam pierwszą ofertę');

  await ania.page.getByRole('tab', { name: 'Notatka' }).click();
  await ania.say('To sprawa sprzedającego, oddaję.');
  await expect(ania.talk.getByLabel('Notatka prywatna')).toContainText('To sprawa sprzedającego, oddaję.');
  await ania.picture('31-console-note');
  await ania.page.getByRole('tab', { name: 'Odpowiedź' }).click();
  await ania.say('Łączę z zespołem sprzedających.');
  await expect(jan.said.filter({ hasText: 'Łączę z zespołem' })).toBeVisible();
  await expect(jan.said, 'the note is not among what the customer sees').toHaveCount(2);

  await ania.page.getByRole('button', { name: 'Przekaż' }).click();
  await ania.dialog.getByRole('button', { name: 'Zespół' }).click();
  await ania.dialog.getByRole('option', { name: /Sprzedający/ }).click();
  await ania.dialog.getByLabel(/Notatka dla następnej osoby/).fill('Pyta o prowizję.');
  await ania.picture('32-console-transfer');
  await ania.dialog.getByRole('button', { name: /^Przekaż/ }).click();
  await ania.go('queue');
  await marek.openRow('Łączę z zespołem');
  await expect(marek.talk.getByText('Dlaczego do Ciebie?')).toBeVisible();
  await expect(marek.talk.getByText('Pyta o prowizję.')).toBeVisible();
  await expect(marek.talk.getByLabel('Notatka prywatna').first()).toContainText('oddaję');
  await expect(jan.window.getByText('Marek Zieliński', { exact: true })).toBeVisible();

  await ewa.go('team');
  await ewa.openRow('Łączę z zespołem');
  await jan.say('Jestem, czekam.');
  await expect(ewa.said.filter({ hasText: 'Jestem, czekam.' })).toBeVisible();
  await expect(marek.page.getByText('Ewa Sowa też tu jest')).toBeVisible();
  await expect(ewa.page.locator('.conv-head').getByText('Marek Zieliński'), 'watching does not claim').toBeVisible();
  await ewa.picture('33-console-supervisor');
  await ewa.page.getByRole('button', { name: 'Przekaż' }).click();
  await ewa.dialog.getByRole('option', { name: /Ania Rutkowska/ }).click();
  await ewa.dialog.getByRole('button', { name: /^Przekaż/ }).click();
  await ania.go('mine');
  await expect(ania.row('Jestem, czekam.')).toBeVisible();
  await expect(jan.window.getByText('Ania Rutkowska', { exact: true })).toBeVisible();
  await marek.go('mine');
  await expect(marek.row('Jestem, czekam.')).toHaveCount(0);
  expect(await jan.said.allTextContents(), 'no word of the team’s own reached the customer').not.toEqual(expect.arrayContaining([expect.stringMatching(/oddaję|prowizję\.$/)]));
});

test('nobody is on the line: an address is asked for, and kept with the question', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test', { online: false });
  const marta = await house.shopper();
  await marta.open();
  await expect(marta.window.getByRole('heading', { name: 'Napisz teraz, odpiszemy' })).toBeVisible();
  await marta.window.getByText('kupuję', { exact: true }).click();
  await marta.ask.fill('Paczka przyszła uszkodzona, co dalej?');
  await marta.window.getByLabel('Adres e-mail do odpowiedzi').fill('marta');
  await marta.window.getByRole('button', { name: 'Zostaw wiadomość' }).click();
  await expect(marta.window.getByText('Ten adres wygląda na niepełny')).toBeVisible();
  await marta.window.getByLabel('Adres e-mail do odpowiedzi').fill('marta@poczta.example');
  await marta.picture('40-widget-nobody');
  await marta.window.getByRole('button', { name: 'Zostaw wiadomość' }).click();
  await expect(marta.window.getByText('odpowiedź przyjdzie na marta@poczta.example')).toBeVisible();
  await marta.picture('41-widget-nobody-sent');
  await ania.go('queue');
  await ania.openRow('Paczka przyszła uszkodzona');
  await expect(ania.page.getByRole('complementary', { name: 'O kliencie' }).getByText('marta@poczta.example')).toBeVisible();
  await expect(ania.page.getByText(/^Czeka:\snikogo\sz\szespołu Kupujący\snie ma na\slinii/)).toBeVisible();
});

test('after two minutes of waiting an address is asked for, once', async ({ house }) => {
  await house.changeAgent('Ania Rutkowska', { capacity: 4 });
  const ania = await house.colleague('ania@demo.test');
  const first = await house.shopper();
  await first.begin('Pierwsza sprawa: zwrot');
  await expect(ania.row('Pierwsza sprawa: zwrot')).toBeVisible();
  const second = await house.shopper();
  await second.page.clock.install();
  await second.begin('Druga sprawa: dostawa');
  await expect(second.window.getByRole('heading', { name: /Łączymy Cię/ })).toBeVisible();
  await second.page.clock.fastForward(100_000);
  await expect(second.window.getByText('Dokąd odpisać?')).toHaveCount(0);
  await second.page.clock.fastForward(30_000);
  await expect(second.window.getByText('Dokąd odpisać?')).toBeVisible();
  await second.picture('43-widget-two-minutes');
  await second.window.getByRole('button', { name: 'Jednak poczekam' }).click();
  await expect(second.window.getByRole('heading', { name: /Łączymy Cię/ })).toBeVisible();
});

test('search finds parts of words in what was said, and opens it there', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Paczkomat oddał pustą paczkę, nie ma w niej dzbanka');
  await expect(ania.row('Paczkomat oddał')).toBeVisible();
  await ania.go('search');
  await ania.page.getByRole('combobox').fill('dzbank PUST paczke');
  await expect(ania.row(/pustą/)).toBeVisible();
  await expect(ania.row(/pustą/).locator('mark', { hasText: 'paczkę' }), 'typed without its tail').toBeVisible();
  await ania.row(/pustą/).click();
  await expect(ania.said.filter({ hasText: 'nie ma w niej dzbanka' })).toBeVisible();
  await ania.picture('34-console-search');
  await ania.page.getByRole('combobox').fill('zupełnie co innego');
  await expect(ania.page.getByText(/Nic takiego\s+nie ma/)).toBeVisible();
});

test('all lines are taken: the place in the queue is told, and the first free line is given at once', async ({ house }) => {
  await house.changeAgent('Ania Rutkowska', { capacity: 4 });
  const ania = await house.colleague('ania@demo.test');
  const [first, second] = [await house.shopper(), await house.shopper()];
  await first.begin('Pierwsza sprawa: zwrot');
  await ania.openRow('Pierwsza sprawa: zwrot');
  await second.begin('Druga sprawa: dostawa');
  await expect(second.window.getByRole('heading', { name: /Łączymy Cię z zespołem: Kupujący/ })).toBeVisible();
  await expect(second.window.locator('.eta')).toContainText('1.');
  await second.picture('42-widget-queue');
  await second.window.getByRole('button', { name: 'Odpiszcie mi e-mailem' }).click();
  await second.window.getByLabel('Adres e-mail').fill('druga@poczta.example');
  await second.window.getByRole('button', { name: 'Odpiszcie e-mailem' }).click();
  await expect(second.window.getByText('odpowiedź przyjdzie na druga@poczta.example')).toBeVisible();
  await ania.page.getByRole('button', { name: /^Rozwiąż/ }).click();
  await ania.dialog.getByRole('button', { name: /^Rozwiąż/ }).click();
  await expect(second.window.getByText('Ania Rutkowska', { exact: true })).toBeVisible();
  await expect(second.window.getByRole('heading', { name: /Łączymy Cię/ })).toHaveCount(0);
  await expect(ania.row('Druga sprawa: dostawa')).toBeVisible();
});
