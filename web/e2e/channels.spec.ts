// A mailbox from its address to its first health, in the console.
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { accessible, expect, test } from './house';
import { MailSink } from './mail';

/** An IMAP server that lets everybody in, with two folders and nothing in them. */
async function openMailbox(): Promise<Server> {
  const server = createServer((s) => {
    s.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR IDLE] here\r\n');
    s.on('error', () => s.destroy());
    let idling = '';
    s.on('data', (b) => {
      for (const line of b.toString().split('\r\n').filter(Boolean)) {
        const [tag = '', verb = ''] = line.split(' ');
        const ok = (more = '') => s.write(`${more}${tag} OK done\r\n`);
        if (/^DONE$/i.test(tag)) s.write(`${idling} OK done\r\n`);
        else if (/^IDLE$/i.test(verb)) {
          idling = tag;
          s.write('+ idling\r\n');
        } else if (/^LIST$/i.test(verb)) ok('* LIST () "/" INBOX\r\n* LIST () "/" Reklamacje\r\n* LIST () "/" Sent\r\n');
        else if (/^(SELECT|EXAMINE)$/i.test(verb)) ok('* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n');
        else if (/^UID$/i.test(verb) && / SEARCH /i.test(line)) ok('* SEARCH\r\n');
        else if (/^CAPABILITY$/i.test(verb)) ok('* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR IDLE\r\n');
        else ok();
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}
const portOf = (s: { address(): unknown }) => String((s.address() as AddressInfo).port);

test('a mailbox is recognised, tried step by step, and its folders are chosen from the server’s own', async ({ house }) => {
  const imap = await openMailbox();
  const smtp = await MailSink.start();
  const admin = await house.colleague('admin@demo.test', { online: false });
  const { page } = admin;
  try {
    await admin.go('settings/channels');
    await page.getByRole('button', { name: 'Podłącz' }).click();
    await page.getByLabel('Adres e-mail').fill('zwroty@wp.pl');
    await page.getByLabel('Adres e-mail').blur();
    await expect(page.getByText('rozpoznany serwer')).toBeVisible();
    await expect(page.getByLabel('Serwer IMAP')).toHaveValue('imap.wp.pl');
    await page.getByLabel('Hasło do aplikacji').fill('tajne');
    for (const [what, port] of [['IMAP', portOf(imap)], ['SMTP', String(smtp.port)]] as const) {
      await page.getByLabel(`Serwer ${what}`).fill('127.0.0.1');
      await page.getByLabel(`Port ${what}`).fill(port);
      await page.getByLabel(`Szyfrowanie ${what}`).selectOption('none');
    }
    await page.getByRole('button', { name: 'Sprawdź linię' }).first().click();
    await expect(page.locator('.probe li', { hasText: 'Skrzynka' })).toContainText('IDLE');
    await expect(page.locator('.probe li.fail')).toHaveCount(0);
    await expect(page.locator('.probe li time')).not.toHaveCount(0);
    await admin.picture('65-mailbox-tested');
    await page.getByText('Więcej ustawień').click();
    await page.getByLabel('Reklamacje').check();
    await page.getByLabel('Po przyjęciu do centrali').selectOption('move');
    await page.getByLabel('Folder na przyjęte').fill('Reklamacje');
    await page.getByRole('button', { name: 'Sprawdź linię' }).first().click();
    await expect(page.getByRole('alert')).toContainText('inny niż te, które czytamy');
    await expect(page.getByLabel('Folder na przyjęte')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Folder na przyjęte').fill('Przyjęte');
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.getByRole('button', { name: 'Sprawdź linię' }).first().click();
    await expect(page.getByRole('main').getByRole('button', { name: 'Podłącz', exact: true })).toBeVisible();
    await accessible(admin, 'mailbox');
    await page.emulateMedia({ colorScheme: 'light' });
    await admin.picture('66-mailbox-more');
    await page.getByRole('button', { name: 'Podłącz', exact: true }).last().click();
    await expect(page.getByText('Zapisane', { exact: true })).toBeVisible();
    await page.reload();
    const row = page.locator('.chn li', { hasText: 'zwroty@wp.pl' });
    await expect(async () => {
      await page.reload();
      await expect(row).toContainText('Działa', { timeout: 1000 });
      await expect(row).toContainText('IDLE', { timeout: 1000 });
      await expect(row).toContainText('ostatnio OK', { timeout: 1000 });
    }).toPass({ timeout: 20_000 });
    await row.getByRole('button').click();
    await page.emulateMedia({ colorScheme: 'dark' });
    await admin.picture('67-mailbox-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await admin.picture('68-mailbox-narrow');
  } finally {
    imap.close();
    await smtp.stop();
  }
});

/** A server that people agree on, and that gives a token for their answer. */
const signing = test.extend<{ google: string }>({
  // eslint-disable-next-line no-empty-pattern -- the runner reads what is needed from the pattern
  google: async ({}, use) => {
    const server = createHttp((r, w) => {
      const at = new URL(r.url ?? '/', 'http://localhost');
      if (at.pathname === '/auth') {
        const back = new URL(at.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('state', at.searchParams.get('state') ?? '');
        back.searchParams.set('code', 'c');
        w.writeHead(302, { location: back.href }).end();
      } else w.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 3600 }));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    await use(`http://127.0.0.1:${portOf(server)}`);
    server.close();
  },
  env: async ({ google }, use) => {
    await use({ CENTRALA_OAUTH_GOOGLE_CLIENT_ID: 'x', CENTRALA_OAUTH_GOOGLE_CLIENT_SECRET: 'y', CENTRALA_OAUTH_GOOGLE_AUTH_URL: `${google}/auth`, CENTRALA_OAUTH_GOOGLE_TOKEN_URL: `${google}/token` });
  },
});

signing('a mailbox is connected with Google on Google’s own page, and comes back connected', async ({ house }) => {
  const imap = await openMailbox();
  try {
    const admin = await house.colleague('admin@demo.test', { online: false });
    const { page } = admin;
    await admin.go('settings/channels');
    await page.getByRole('button', { name: 'Podłącz' }).click();
    await page.getByLabel('Adres e-mail').fill('bok@gmail.com');
    await page.getByLabel('Adres e-mail').blur();
    await expect(page.getByRole('radio', { name: 'Google' })).toBeChecked();
    await expect(page.getByText('Hasła nie poznamy')).toBeVisible();
    await admin.picture('69-mailbox-google');
    for (const what of ['IMAP', 'SMTP']) {
      await page.getByLabel(`Serwer ${what}`).fill('127.0.0.1');
      await page.getByLabel(`Port ${what}`).fill(portOf(imap));
      await page.getByLabel(`Szyfrowanie ${what}`).selectOption('none');
    }
    await page.getByRole('button', { name: 'Połącz z Google' }).click();
    await expect(page.getByText('Skrzynka jest połączona.')).toBeVisible();
    await expect(page.getByText('Dostęp odnawia się sam.')).toBeVisible();
    await expect(async () => {
      await page.reload();
      await expect(page.locator('.chn li', { hasText: 'bok@gmail.com' })).toContainText('token odnowi się za', { timeout: 1000 });
    }).toPass({ timeout: 20_000 });
    await admin.picture('70-mailbox-connected');
  } finally {
    imap.close();
  }
});
