// The door for anything else, from the console's form to a conversation, and what came in by it in the book of webhooks.
import { createHmac } from 'node:crypto';
import { accessible, expect, test } from './house';

/** Posts as docs/webhook.md says; gives the status. */
async function post(to: string, secret: string, body: unknown): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${text}`).digest('hex');
  const answer = await fetch(to, { method: 'POST', headers: { 'Content-Type': 'application/json', 'Centrala-Signature': `t=${t},v1=${v1}` }, body: text });
  return answer.status;
}

test('a webhook is connected, what is posted becomes a conversation, and every post has a line in the book', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  await admin.go('settings/channels');
  await page.getByRole('button', { name: 'Podłącz' }).click();
  await page.getByRole('radio', { name: 'Webhook' }).check({ force: true });
  await page.getByRole('textbox', { name: /^Nazwa/ }).fill('Bramka SMS');
  await page.getByLabel('Dokąd wysyłać odpowiedzi').fill('http://sms.example/in');
  await page.getByRole('main').getByRole('button', { name: 'Podłącz', exact: true }).click();
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Dokąd wysyłać odpowiedzi')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Dokąd wysyłać odpowiedzi').fill('');
  await page.getByRole('main').getByRole('button', { name: 'Podłącz', exact: true }).click();
  const side = page.getByRole('region', { name: 'U dostawcy' });
  const secret = (await side.locator('.newkey code').textContent()) ?? '';
  const hook = (await side.locator('.cp code').first().textContent()) ?? '';
  expect(secret).toMatch(/^[\w-]{43}$/);
  await accessible(admin, 'webhook-connected');
  await admin.picture('67-webhook-connected');
  const to = house.server.url + new URL(hook).pathname;

  expect(await post(to, secret, { v: 1, type: 'message', id: 'sms-1', from: { phone: '+48 600 100 200', name: 'Ola Testowa' }, text: 'Dzień dobry, gdzie jest paczka?' })).toBe(200);
  expect(await post(to, secret, 'to nie jest JSON')).toBe(200);
  expect(await post(to, 'another-secret', { v: 1, type: 'message', id: 'sms-2', from: { phone: '+48 600 100 200' }, text: 'x' })).toBe(401);

  await admin.go('settings/hooks');
  await expect(page.getByRole('heading', { name: 'Księga webhooków' })).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(page.locator('.tb tbody tr')).toHaveCount(3, { timeout: 2000 });
    await expect(page.locator('.tb')).toContainText('rozmowa', { timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  await expect(page.locator('.tb tr', { hasText: 'zły podpis' })).toContainText('nieznany nadawca');
  const unread = page.locator('.tb tr', { hasText: 'nieodczytane' });
  await unread.getByRole('button').click();
  await expect(page.getByRole('region', { name: 'Surowa treść' }).last()).toContainText('to nie jest JSON');
  await page.getByRole('button', { name: 'Puść jeszcze raz' }).click();
  await expect(page.getByText('1 nadal nieodczytane').first()).toBeVisible({ timeout: 15_000 });
  await accessible(admin, 'webhooks');
  await admin.picture('68-webhooks');

  await page.keyboard.press('Escape');
  const taken = page.locator('.tb tr', { hasText: 'przyjęta' });
  await taken.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: /Otwórz rozmowę/ }).click();
  await expect(admin.talk).toContainText('Dzień dobry, gdzie jest paczka?');
});

test('a secret is renewed while the one before still works', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  await admin.go('settings/channels');
  await page.getByRole('button', { name: 'Podłącz' }).click();
  await page.getByRole('radio', { name: 'Webhook' }).check({ force: true });
  await page.getByRole('textbox', { name: /^Nazwa/ }).fill('Sklep');
  await page.getByRole('main').getByRole('button', { name: 'Podłącz', exact: true }).click();
  const side = page.getByRole('region', { name: 'U dostawcy' });
  const first = (await side.locator('.newkey code').textContent()) ?? '';
  const to = house.server.url + new URL((await side.locator('.cp code').first().textContent()) ?? '').pathname;
  await page.reload();
  await page.locator('.chn li', { hasText: 'Sklep' }).getByRole('button').first().click();
  await expect(side).not.toContainText(first);
  await side.getByRole('button', { name: 'Nowy' }).click();
  await expect(side.locator('.newkey code')).toBeVisible();
  const second = (await side.locator('.newkey code').textContent()) ?? '';
  expect(second).not.toBe(first);
  for (const [i, secret] of [first, second].entries()) expect(await post(to, secret, { v: 1, type: 'message', id: `m${i}`, from: { id: 'u1' }, text: 'Halo' })).toBe(200);
});
