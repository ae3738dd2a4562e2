// One hand, 390 points: every place of the console has its way in and out, nothing is cut off, and the newest words
// stay in sight. A laptop at 200 % is the same width.
import { expect, test } from './house';

const phone = { width: 390, height: 844 };

test('on a phone the bottom bar leads everywhere and every room leads back', async ({ house }) => {
  const admin = await house.stranger({ size: { width: 320, height: 640 } });
  const { page } = admin;
  await page.goto(`${house.server.url}/console`);
  const way = page.getByRole('button', { name: 'Zaloguj' });
  await expect(way).toBeVisible();
  for (const edge of [way, page.getByRole('button', { name: 'Nie pamiętam' })]) {
    const box = await edge.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 999), 'the form ends inside the screen').toBeLessThanOrEqual(320);
  }
  await page.setViewportSize(phone);
  await page.getByLabel('Adres e-mail').fill('admin@demo.test');
  await page.locator('input[type=password]').fill('centrala-demo');
  await way.click();
  const bar = page.getByRole('navigation', { name: 'Widoki' });
  await expect(bar).toBeVisible();
  const place = async (name: string) => {
    await bar.getByRole('button').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await place('Pulpit zmiany');
  await expect(page.getByRole('heading', { name: 'Pulpit zmiany' })).toBeVisible();
  await place('Domykanie spraw');
  await expect(page.getByRole('heading', { name: 'Domykanie spraw' })).toBeVisible();
  await place('Ustawienia');
  await expect(page.getByRole('heading', { name: 'Ustawienia' })).toBeVisible();

  await page.getByRole('link', { name: /^Ludzie/ }).click();
  const ania = page.getByRole('button', { name: 'Ania Rutkowska' });
  expect((await ania.locator('b').boundingBox())?.height, 'a name is not broken letter by letter').toBeLessThan(50);
  await ania.click();
  await expect(page.getByLabel('Imię i nazwisko'), 'what was chosen is what is seen').toBeInViewport();
  await page.getByRole('button', { name: 'Anuluj' }).click();
  await expect(ania).toBeInViewport();
  await page.getByRole('main').getByRole('link', { name: 'Ustawienia' }).click();
  await page.getByRole('link', { name: /^Kanały/ }).click();
  await page.getByRole('button', { name: /Czat na stronie/ }).click();
  await expect(page.getByLabel('Nazwa', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Anuluj' }).click();
  await page.getByRole('link', { name: 'Ustawienia' }).click();
  await bar.getByRole('link', { name: /^Moje/ }).click();
  await expect(page.getByRole('heading', { name: /^Moje/ })).toBeVisible();
});

test('the newest words stay in sight when the window is made narrower', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper({ size: { width: 320, height: 640 } });
  await marta.begin('Kiedy wrócą pieniądze za zwrot?');
  await ania.openRow('Kiedy wrócą pieniądze');
  for (let n = 1; n <= 8; n++) {
    await ania.say(`${n}. Zwrot wychodzi tego samego dnia, w którym paczka wraca do sprzedawcy, i jest na koncie po dwóch dniach roboczych.`);
    await expect(marta.said.filter({ hasText: `${n}. Zwrot` })).toBeVisible();
  }
  const last = ania.said.last();
  for (const size of [{ width: 1100, height: 800 }, { width: 900, height: 700 }, phone]) {
    await ania.page.setViewportSize(size);
    await expect(last, `at ${size.width}`).toBeInViewport();
  }
  await marta.page.setViewportSize({ width: 320, height: 420 }); // the keyboard comes up
  await expect(marta.said.last()).toBeInViewport();
  await marta.page.setViewportSize({ width: 320, height: 640 });

  await ania.page.getByRole('button', { name: /^Rozwiąż/ }).click();
  await ania.dialog.getByRole('button', { name: /^Rozwiąż/ }).click();
  const scale = marta.window.getByRole('radiogroup');
  await expect(scale).toBeVisible();
  expect(await scale.evaluate((e) => e.scrollWidth - e.clientWidth), 'eleven keys fit their frame').toBeLessThanOrEqual(0);
});
