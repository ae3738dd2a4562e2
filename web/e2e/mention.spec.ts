// A colleague of another team is mentioned in a note: they find it, read it and join in, and the customer learns nothing.
import { accessible, expect, test } from './house';

test('whom a note mentions finds the conversation under Mentions until it is read', async ({ house }) => {
  test.slow(); // two looks of axe in both themes
  const ania = await house.colleague('ania@demo.test');
  const marek = await house.colleague('marek@demo.test', { online: false });
  const piotr = await house.colleague('piotr@demo.test', { online: false });
  const rail = (who: typeof ania) => who.page.getByRole('navigation', { name: 'Rozmowy' }).getByRole('link', { name: /^Wzmianki/ });
  const marta = await house.shopper();
  await marta.begin('Sprzedający odmawia zwrotu');
  await ania.openRow('Sprzedający odmawia zwrotu');
  await expect(rail(marek)).toHaveAccessibleName('Wzmianki');

  await ania.page.getByRole('tab', { name: 'Notatka' }).click();
  await ania.text.pressSequentially('Prośba do @');
  const list = ania.page.getByRole('listbox', { name: 'Kogo wspomnieć' });
  await expect(list.getByRole('option', { name: /Piotr Gajda/ })).toBeVisible();
  await expect(list.getByRole('option', { name: /Ania Rutkowska/ }), 'nobody mentions themselves').toHaveCount(0);
  await accessible(ania, 'console-mention');
  await ania.text.press('Escape');
  await expect(list).toHaveCount(0);
  await ania.text.press('Backspace');
  await ania.text.pressSequentially('@ma');
  await expect(list.getByRole('option')).toHaveText([/Marek Zieliński/]);
  const active = await ania.text.getAttribute('aria-activedescendant');
  await expect(list.locator(`[id="${active}"]`)).toHaveText(/Marek Zieliński/);
  await ania.text.press('Enter');
  await expect(list).toHaveCount(0);
  await expect(ania.text).toHaveValue('Prośba do @Marek Zieliński ');
  await ania.text.pressSequentially('o rozmowę ze sprzedającym.');
  await ania.text.press('Control+Enter');
  await expect(ania.talk.locator('.note .mention')).toHaveText('@Marek Zieliński');

  await expect(rail(marek)).toHaveAccessibleName('Wzmianki, 1');
  await marek.page.keyboard.press('g');
  await marek.page.keyboard.press('w');
  await expect(marek.row('Sprzedający odmawia zwrotu')).toBeVisible();
  await accessible(marek, 'console-mentions');
  await marek.openRow('Sprzedający odmawia zwrotu');
  await expect(marek.talk.locator('.note .mention.you')).toHaveText('@Marek Zieliński');
  await marek.picture('34-console-mentioned');
  await expect(rail(marek)).toHaveAccessibleName('Wzmianki');
  await expect(marek.row('Sprzedający odmawia zwrotu'), 'the open row stays until it is left').toBeVisible();
  await marek.page.getByRole('tab', { name: 'Notatka' }).click();
  await marek.say('Dzwonię do sprzedającego.');
  await expect(ania.talk.getByText('Dzwonię do sprzedającego.')).toBeVisible();
  await marek.go('mentions');
  await expect(marek.page.getByText('Nic nowego.')).toBeVisible();

  await expect(rail(piotr), 'nobody else is told').toHaveAccessibleName('Wzmianki');
  await ania.page.getByRole('tab', { name: 'Odpowiedź' }).click();
  await ania.say('Rozmawiamy ze sprzedającym.');
  await expect(marta.said.filter({ hasText: 'Rozmawiamy ze sprzedającym.' })).toBeVisible();
  await expect(marta.said, 'the notes are not among what the customer sees').toHaveCount(2);
});
