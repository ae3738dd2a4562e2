// The screens about all articles: what was looked for in vain becomes an article, places get names, searches learn words,
// and links that lead nowhere are found; against what readers did and see.
import { accessible, expect, test, type Colleague, type House } from './house';

async function at(house: House, screen: string, heading: string, email = 'admin@demo.test'): Promise<Colleague> {
  const who = await house.colleague(email, { online: false });
  await who.go(`settings/articles/${screen}`);
  await expect(who.page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
  return who;
}
/** Somebody looks for something on the public site, in a browser of their own, and looks no further. */
async function looksFor(house: House, words: string): Promise<void> {
  const reader = await house.stranger();
  await reader.page.goto(`${house.server.url}/help/search?lang=pl&q=${encodeURIComponent(words)}`);
  await expect(reader.page.getByRole('main')).toBeVisible();
}
const main = (who: Colleague) => who.page.getByRole('main');

test('what readers looked for in vain becomes an article', async ({ house }) => {
  const before = await at(house, 'questions', 'Pytania, na które nic nie znaleźliśmy');
  await expect(main(before).getByText('Zacznij od pytania, na które nic nie było')).toBeVisible();
  await accessible(before, 'questions-none');
  await looksFor(house, 'wulkanizacja kwadratowych opon');
  await looksFor(house, 'opon kwadratowych wulkanizacja'); // the same of the same reader: once
  const admin = before;
  const { page } = admin;
  const question = main(admin).getByRole('row').filter({ hasText: 'wulkanizacja kwadratowych opon' });
  await expect(async () => {
    await page.reload();
    await expect(question).toBeVisible({ timeout: 2000 });
  }, 'a search is recorded beside its answer').toPass();
  await expect(main(admin).getByText('1 pytanie, 1 wyszukiwanie.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Bez odpowiedzi 1' })).toHaveAttribute('aria-current', 'page');
  await expect(question).toContainText(/Zwrot za usługę, nie towar, \d+%/);
  const words = question.getByRole('button', { name: '„wulkanizacja kwadratowych opon”' });
  await expect(words, 'open from the start').toHaveAttribute('aria-expanded', 'true');
  await words.click();
  await expect(question).not.toContainText('Napisz artykuł');
  await words.click();
  await expect(main(admin).getByText('Nie ma jeszcze odpowiedzi, od której można zacząć.')).toBeVisible();
  await accessible(admin, 'questions');
  await main(admin).getByRole('button', { name: 'English' }).click();
  await expect(question).toHaveCount(0);
  await main(admin).getByRole('button', { name: 'Wszystkie' }).click();
  await question.getByRole('button', { name: /^Napisz artykuł/ }).click();
  await expect(page.getByRole('textbox', { name: 'Tytuł', exact: true })).toHaveValue('Wulkanizacja kwadratowych opon');
  await expect(main(admin).getByRole('status').filter({ hasText: 'Szkic zapisany' })).toBeVisible();
});

test('sections are named, ordered and kept, and readers see the name', async ({ house }) => {
  const admin = await at(house, 'shelves', 'Działy i kategorie');
  const { page } = admin;
  const save = page.getByRole('button', { name: 'Zapisz' });
  await expect(save, 'nothing to save').toBeDisabled();
  const section = main(admin).getByRole('region', { name: 'Działy' }).getByRole('listitem').filter({ hasText: 'Zwroty i pieniądze' });
  await section.getByLabel('polski').fill('Pieniądze z powrotem');
  await page.getByPlaceholder('Nowa kategoria').fill('zakupy');
  await page.getByPlaceholder('Nowa kategoria').press('Enter');
  await section.getByLabel('Kategoria').selectOption('zakupy');
  await main(admin).getByRole('button', { name: 'Kupujący' }).click();
  await accessible(admin, 'shelves');
  await save.click();
  await expect(page.getByText('Zapisane', { exact: true })).toBeVisible();
  await expect(save).toBeDisabled();
  await page.reload();
  await expect(section.getByLabel('polski')).toHaveValue('Pieniądze z powrotem');
  await expect(section.getByLabel('Kategoria')).toHaveValue('zakupy');
  await expect(main(admin).getByRole('button', { name: 'Kupujący' })).toHaveAttribute('aria-pressed', 'true');
  const reader = await house.stranger();
  await reader.page.goto(`${house.server.url}/help/pl?side=buyer`);
  await expect(reader.page.getByText('Pieniądze z powrotem').first()).toBeVisible();

  page.once('dialog', (d) => void d.dismiss());
  await section.getByLabel('polski').fill('Inaczej');
  await page.getByRole('link', { name: 'Słowa' }).click();
  await expect(section.getByLabel('polski'), 'what is not saved is not left without a question').toHaveValue('Inaczej');
});

test('searches know a new synonym within seconds', async ({ house }) => {
  const admin = await at(house, 'words', 'Synonimy i słowa pomijane');
  const { page } = admin;
  const found = async () => {
    const answer = await page.request.get(`${house.server.url}/v1/articles/search?locale=pl&q=qwrtyzz`);
    return ((await answer.json()) as { items: unknown[] }).items.length;
  };
  expect(await found()).toBe(0);
  const synonyms = page.getByRole('textbox', { name: /^Synonimy/ });
  const kept = await synonyms.inputValue();
  await synonyms.fill(`${kept}\nqwrtyzz`);
  await page.getByRole('button', { name: 'Zapisz' }).click();
  await expect(main(admin).getByRole('alert')).toContainText('ma jedno słowo');
  await synonyms.fill(`${kept}\nqwrtyzz, pieniądze`.trim());
  await page.getByRole('button', { name: 'Zapisz' }).click();
  await expect(page.getByText('Zapisane.')).toBeVisible();
  await expect.poll(found).toBeGreaterThan(0);
  await accessible(admin, 'words');
});

test('the report says when there is too little to tell, and comes as a table; links are looked at again', async ({ house }) => {
  const admin = await at(house, 'worth', 'Ile warte jest Centrum pomocy');
  const { page } = admin;
  await expect(main(admin).getByText('Podpowiedzi widzą wszyscy, więc nie ma z czym porównać.')).toBeVisible();
  await main(admin).getByLabel('Okres').selectOption({ label: 'Ostatnie 7 dni' });
  const [table] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Pobierz' }).click()]);
  expect(table.suggestedFilename()).toBe('centrala-help.csv');
  await accessible(admin, 'worth');
  await admin.go('settings/articles/links');
  await expect(main(admin).getByRole('heading', { name: 'Odnośniki w artykułach' })).toBeVisible();
  await expect(main(admin).getByRole('status')).toHaveText(/Sprawdzono \d+ artyku/);
  const [again] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/v1/links/check')), page.getByRole('button', { name: 'Sprawdź ponownie' }).click()]);
  expect(again.ok()).toBe(true);
  await accessible(admin, 'links');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const screen of ['questions', 'worth', 'shelves', 'words', 'links']) {
    await admin.go(`settings/articles/${screen}`);
    await expect(main(admin).getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${screen}: no sideways scrolling`).toBeLessThanOrEqual(390);
  }
  await accessible(admin, 'links-phone');
});
