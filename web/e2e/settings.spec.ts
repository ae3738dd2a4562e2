// What the first team sets up on day one, in the console.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { accessible, expect, password, test } from './house';

test('a team with hours and a text outside them, a person with a link to a password, and a macro', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  const saved = page.getByText('Zapisane', { exact: true });

  await admin.go('settings/teams');
  await page.getByRole('button', { name: 'Nowy zespół' }).click();
  await page.getByLabel('Nazwa', { exact: true }).fill('Zwroty');
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  await expect(page.getByRole('cell', { name: 'Zwroty' })).toBeVisible();

  await admin.go('settings/hours');
  await page.getByRole('combobox', { name: 'Zespół' }).selectOption({ label: 'Zwroty' });
  await page.getByLabel(/poniedziałek/i).fill('25-26');
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  await expect(page.getByRole('alert')).toContainText(/poniedziałek/i);
  for (const day of ['poniedziałek', 'wtorek', 'środa', 'czwartek', 'piątek']) await page.getByLabel(new RegExp(day, 'i')).fill('8:00-8:01');
  await page.getByLabel('polski').fill('Zwroty odpowiadają od ósmej.');
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  await expect(saved).toBeVisible();
  await admin.picture('60-settings-hours');
  await page.reload();
  await page.getByRole('combobox', { name: 'Zespół' }).selectOption({ label: 'Zwroty' });
  await expect(page.getByLabel(/wtorek/i)).toHaveValue('8:00–8:01');

  await admin.go('settings/people');
  await page.getByRole('button', { name: 'Dodaj osobę' }).click();
  await page.getByLabel('Imię i nazwisko').fill('Ewelina Brzęczyszczykiewicz-Łuczak');
  await page.getByLabel('Adres e-mail').or(page.getByLabel('E-mail', { exact: true })).fill('ewelina@demo.test');
  await page.getByRole('group', { name: 'Zespoły' }).getByLabel('Zwroty').check();
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  const link = await page.locator('.newkey code').textContent();
  expect(link).toContain('/console/set-password#');
  await expect(page.getByRole('button', { name: 'Kopiuj' }), 'the link can be copied').toBeInViewport();
  await admin.picture('61-settings-people');

  const ewelina = await house.stranger();
  await ewelina.page.goto(link ?? '');
  const [first, again] = [ewelina.page.getByLabel('Nowe hasło'), ewelina.page.getByLabel('Jeszcze raz')];
  await first.fill('kolorowe jarmarki');
  await again.fill('kolorowe jarmark');
  await ewelina.page.getByRole('button', { name: 'Ustaw hasło' }).click();
  await expect(ewelina.page.getByRole('alert')).toContainText('Hasła nie są takie same');
  await again.fill('kolorowe jarmarki');
  await ewelina.page.getByRole('button', { name: 'Ustaw hasło' }).click();
  await ewelina.page.getByRole('link', { name: 'Do logowania' }).click();
  await ewelina.signIn('ewelina@demo.test', 'kolorowe jarmarki');
  await ewelina.presence('Na linii');
  const late = await house.stranger();
  await late.page.goto(link ?? '');
  await late.page.getByLabel('Nowe hasło').fill('kolorowe jarmarki');
  await late.page.getByLabel('Jeszcze raz').fill('kolorowe jarmarki');
  await late.page.getByRole('button', { name: 'Ustaw hasło' }).click();
  await expect(late.page.getByText('Ten odnośnik już nie działa'), 'the link works once').toBeVisible();

  await admin.go('settings/macros');
  await page.getByRole('button', { name: 'Nowe', exact: true }).click();
  await page.getByLabel('Nazwa', { exact: true }).fill('Numer zwrotu');
  await page.getByLabel('Treść', { exact: true }).fill('Zwrot jest w drodze, numer {{numer zwrotu}}.');
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Numer zwrotu' })).toBeVisible();

  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin('Gdzie jest mój zwrot?');
  await ania.openRow('Gdzie jest mój zwrot?');
  await ania.text.pressSequentially('/numer z');
  await expect(ania.page.getByRole('option', { name: /Numer zwrotu/ })).toBeVisible();
  await ania.text.press('Enter');
  await expect(ania.text).toHaveValue('Zwrot jest w drodze, numer {{numer zwrotu}}.');
  await expect(ania.page.getByText('Puste pole: numer zwrotu')).toBeVisible();
  await ania.page.keyboard.type('ZW-1'); // the blank is selected
  await ania.text.press('Control+Enter');
  await expect(marta.said.filter({ hasText: 'Zwrot jest w drodze, numer ZW-1.' })).toBeVisible();
});

test('a mailbox that refuses the login says so, step by step, and is not connected', async ({ house }) => {
  const refusing = createServer((s) => {
    s.write('* OK ready\r\n');
    s.on('error', () => s.destroy());
    s.on('data', (b) => {
      for (const line of b.toString().split('\r\n').filter(Boolean)) {
        const [tag, verb] = line.split(' ');
        if (/^CAPABILITY$/i.test(verb ?? '')) s.write(`* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK done\r\n`);
        else if (/^(LOGIN|AUTHENTICATE)$/i.test(verb ?? '')) s.write(`${tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n`);
        else s.write(`${tag} OK done\r\n`);
      }
    });
  });
  await new Promise<void>((ready) => refusing.listen(0, '127.0.0.1', ready));
  const port = String((refusing.address() as AddressInfo).port);
  try {
    const admin = await house.colleague('admin@demo.test', { online: false });
    const { page } = admin;
    await admin.go('settings/channels');
    await page.getByRole('button', { name: 'Podłącz' }).click();
    await page.getByLabel('Adres e-mail').fill('pomoc@jarmark.example');
    await page.getByLabel('Adres e-mail').blur();
    await page.getByLabel('Hasło do aplikacji').fill('niedobre');
    for (const what of ['IMAP', 'SMTP']) {
      await page.getByLabel(`Serwer ${what}`).fill('127.0.0.1');
      await page.getByLabel(`Port ${what}`).fill(port);
      await page.getByLabel(`Szyfrowanie ${what}`).selectOption('none');
    }
    await page.getByRole('button', { name: 'Sprawdź linię' }).first().click();
    const login = page.locator('.probe li', { hasText: 'Logowanie' }).first();
    await expect(login).toHaveClass(/fail/, { timeout: 20_000 });
    await expect(login, 'in the vendor’s words').toContainText('Invalid credentials');
    await admin.picture('62-settings-line-test');
    await expect(page.getByRole('button', { name: 'Podłącz', exact: true }).last()).toHaveText(/Podłącz|Sprawdź linię/);
    await expect(page.locator('.chn li')).toHaveCount(3); // the two of the demonstration and the one being made
    await page.getByRole('button', { name: 'Anuluj' }).click();
    await expect(page.locator('.chn li')).toHaveCount(2);
  } finally {
    refusing.close();
  }
});

test('whoever has a second factor is asked for its code, and a wrong one can be put right', async ({ house }) => {
  const code = await house.secondFactor('ania@demo.test');
  const ania = await house.stranger();
  const { page } = ania;
  await page.goto(`${house.server.url}/console`);
  await page.getByLabel('Adres e-mail').fill('ania@demo.test');
  await page.locator('input[type=password]').fill(password);
  await page.getByRole('button', { name: 'Zaloguj' }).click();
  await expect(page.getByRole('heading', { name: 'Kod z aplikacji' })).toBeVisible();
  await expect(page.getByRole('alert'), 'nothing is wrong yet').toHaveCount(0);
  const field = page.getByLabel('Kod jednorazowy, 6 cyfr');
  await expect(field).toBeFocused();
  await accessible(ania, 'console-code');
  await field.fill('000 000');
  await field.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Kod się nie zgadza');
  await expect(field).toHaveValue('');
  const now = code();
  await field.fill(`${now.slice(0, 3)} ${now.slice(3)}`); // as some authenticators show and copy it
  await field.press('Enter');
  await expect(page.getByRole('navigation', { name: 'Rozmowy' })).toBeVisible();
});

test('what cannot be done is said in the language of the reader, with what to do instead', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  const alert = page.getByRole('alert');

  await admin.go('settings/people');
  await page.getByRole('button', { name: 'Dodaj osobę' }).click();
  await page.getByLabel('Imię i nazwisko').fill('Druga Ania');
  await page.getByLabel('Adres e-mail').or(page.getByLabel('E-mail', { exact: true })).fill('ania@demo.test');
  await page.getByRole('group', { name: 'Zespoły' }).getByRole('checkbox').first().check();
  await page.getByRole('button', { name: /^Zapisz/ }).click();
  await expect(alert).toHaveText('Ktoś w zespole ma już ten adres. Podaj inny.');

  page.on('dialog', (d) => void d.accept());
  await admin.go('settings/teams');
  await page.getByRole('button', { name: 'Kupujący' }).first().click();
  await page.getByRole('button', { name: 'Usuń', exact: true }).click();
  await expect(alert).toHaveText(/^Zespół ma jeszcze osoby, kanały albo nierozwiązane rozmowy\./);
  await admin.picture('65-settings-refused');
});

test('a mailbox whose provider knows no sub-addresses: a tick says so, and asks for no new line test', async ({ house }) => {
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  const server = { host: '127.0.0.1', port: 1, tls: 'none', user: 'pomoc' };
  const doors = `${house.server.url}/v1/inboxes`;
  const headers = { 'Centrala-CSRF': '1', Origin: house.server.url };
  const made = await page.request.post(doors, { headers, data: {
    channel: 'email', name: 'Poczta', imap_password: 'tajne', smtp_password: 'tajne',
    mailbox: { address: 'pomoc@jarmark.example', from_name: 'Jarmark', imap: server, smtp: server },
  } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const kept = async () => {
    const { items } = (await (await page.request.get(doors)).json()) as { items: { id: string; mailbox?: { plain_reply?: boolean } }[] };
    return items.find((i) => i.id === id)?.mailbox?.plain_reply ?? false;
  };
  try {
    await admin.go('settings/channels');
    await page.getByRole('button', { name: /^Poczta/ }).click();
    await page.getByText('Więcej ustawień').click();
    const tick = page.getByLabel('Odpowiedzi klientów na sam adres');
    await expect(page.getByText('pomoc+test@jarmark.example'), 'it says how to find out').toBeVisible();
    await expect(tick).not.toBeChecked();
    expect(await kept()).toBe(false);
    await tick.check();
    await admin.picture('64-settings-mailbox');
    await page.getByRole('button', { name: 'Zapisz', exact: true }).click();
    await expect(page.getByText('Zapisane', { exact: true })).toBeVisible();
    await expect(tick).toBeChecked();
    expect(await kept()).toBe(true);
  } finally {
    await page.request.delete(`${doors}/${id}`, { headers });
  }
});

test('signing out ends it: the page, the session, the socket', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const other = await ania.context.newPage();
  await other.goto(`${house.server.url}/console`);
  await expect(other.getByRole('navigation', { name: 'Rozmowy' })).toBeVisible();
  await ania.page.getByRole('button', { name: /linii zajęte/ }).click();
  await ania.page.getByRole('menuitem', { name: 'Wyloguj' }).click();
  await expect(ania.page.getByRole('heading', { name: 'Zaloguj się' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Zaloguj się' }), 'the other tab is out too').toBeVisible();
  expect((await ania.context.request.get(`${house.server.url}/v1/conversations`)).status()).toBe(401);
  await ania.page.getByLabel('Adres e-mail').fill('ania@demo.test');
  await ania.page.locator('input[type=password]').fill('nie to');
  await ania.page.getByRole('button', { name: 'Zaloguj' }).click();
  await expect(ania.page.getByRole('alert')).toContainText('Adres albo hasło się nie zgadza');
  await ania.picture('63-console-sign-in');
});
