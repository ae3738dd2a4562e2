// The book of fetched mail, on mails that really come through a mailbox: each ends in a line with a reason, and what was
// held back can be let in.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Mailbox } from './mailbox';
import { accessible, expect, test as base, type House } from './house';

interface Post {
  box: Mailbox;
}

const test = base.extend<Post>({
  box: async ({ house }, use) => {
    const box = await Mailbox.start();
    await house.fetches(box.port);
    await use(box);
    await box.stop();
  },
});

let serial = 0;
const letter = (headers: string, body: string, type = 'text/plain; charset=utf-8') =>
  `${headers}\nTo: pomoc@jarmark.example\nDate: ${new Date().toUTCString()}\nMIME-Version: 1.0\n${/^Message-ID:/m.test(headers) ? '' : `Message-ID: <m${++serial}@poczta.example>\n`}Content-Type: ${type}\n\n${body}\n`;

const marta = letter('From: "Marta Wiśniewska" <marta.wisniewska@poczta.example>\nSubject: Anulowane zamówienie 2487-1193-05\nMessage-ID: <marta-1@poczta.example>', 'Dzień dobry, zamówienie jest anulowane, a pieniędzy nie ma.');

function everyKind(box: Mailbox): void {
  box.deliver(letter('From: Lista <lista@branza-handlu.example>\nSubject: Newsletter listopad\nList-Id: <branza.example>', 'Nowości'));
  box.deliver(letter('From: Igor <igor.ptak@poczta.example>\nSubject: ', 'Dzień dobry, gdzie moja paczka?'));
  box.deliver(letter('From: Galeria <galeria@ceramika-boleslaw.example>\nSubject: Zdjęcia uszkodzonej palety', 'x'), 96_000_000);
  box.deliver(letter('From: Promo <promo@tanie-linki.example>\nSubject: Pozycjonowanie Twojego sklepu\nX-Spam-Flag: YES', 'Kup linki'));
  box.deliver(marta);
  box.deliver(marta);
  box.deliver(letter('From: Kadry <kadry@lampy-retro.example>\nSubject: Automatyczna odpowiedź: urlop\nAuto-Submitted: auto-replied', 'Wrócę w poniedziałek'));
  box.deliver(letter('Subject: Dokumenty do wypłaty', 'W załączeniu dokumenty do wypłaty.'));
}

async function bookOf(house: House) {
  const admin = await house.colleague('admin@demo.test', { online: false });
  await admin.go('settings/mail');
  await expect(admin.page.getByRole('heading', { name: 'Księga poczty' })).toBeVisible();
  return admin;
}

test('every mail has a line with its outcome and reason, and the sum is what was fetched', async ({ house, box }) => {
  everyKind(box);
  const admin = await bookOf(house);
  const { page } = admin;
  const chips = page.getByRole('group', { name: 'Wynik' });
  await expect(async () => {
    await page.reload();
    await expect(chips.getByRole('button', { name: /^Wszystkie 8/ })).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page.getByText('Dziś pobraliśmy 8 i tyle samo wpisaliśmy')).toBeVisible();
  for (const name of ['Kwarantanna 1', 'Przyjęte 2', 'Automaty 2', 'Spam 1', 'Powtórki 1', 'Odbicia 0', 'Za duże 1']) await expect(chips.getByRole('button', { name, exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: /Księgi odbioru/ })).toContainText('1 list czeka');
  const row = (words: string) => page.getByRole('row').filter({ hasText: words });
  await expect(row('promo@tanie-linki.example')).toContainText('spam');
  await expect(row('igor.ptak@poczta.example')).toContainText(/nowa rozmowa \d+/);
  await expect(row('(bez tematu)')).toHaveCount(1);

  await row('Dokumenty do wypłaty').getByRole('button').click();
  const entry = page.locator('aside.ml');
  await expect(entry.getByText('Zapisana w całości')).toBeVisible();
  await expect(entry.getByRole('region', { name: 'Treść surowa' })).toContainText('Subject: Dokumenty do wypłaty');
  await admin.picture('70-book');
  await accessible(admin, 'book');
  await page.emulateMedia({ colorScheme: 'dark' });
  await admin.picture('70-book-dark');
  await page.emulateMedia({ colorScheme: 'light' });

  await chips.getByRole('button', { name: /^Spam/ }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await chips.getByRole('button', { name: /^Wszystkie/ }).click();
  await page.getByRole('searchbox').fill('wisniewska anulow');
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.getByRole('searchbox').fill('');
  await expect(page.getByRole('row')).toHaveCount(9);

  // From line to line by the keyboard alone.
  await page.getByRole('row').nth(1).getByRole('button').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('row').nth(3).getByRole('button')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(entry).toHaveCount(0);

  const table = await page.request.get(`${house.server.url}/v1/mail.csv?outcome=spam`);
  expect(await table.text()).toContain('promo@tanie-linki.example');
  const [file] = await Promise.all([page.waitForEvent('download'), (async () => {
    await row('Dokumenty do wypłaty').getByRole('button').click();
    await entry.getByRole('link', { name: 'Pobierz plik listu' }).click();
  })()]);
  expect(file.suggestedFilename()).toMatch(/^e_\w+\.eml$/);

  await page.setViewportSize({ width: 400, height: 800 });
  await admin.picture('71-book-phone-entry');
  await page.getByRole('button', { name: 'Księga poczty' }).click();
  await admin.picture('71-book-phone');
});

test('a mail from quarantine is let in, goes to the spam with its conversation, and comes back', async ({ house, box }) => {
  box.deliver(letter('Subject: Dokumenty do wypłaty', 'W załączeniu dokumenty do wypłaty.'));
  const admin = await bookOf(house);
  const { page } = admin;
  const line = page.getByRole('row').filter({ hasText: 'Dokumenty do wypłaty' });
  await expect(async () => {
    await page.reload();
    await expect(line).toBeVisible({ timeout: 1000 });
  }).toPass();
  await line.getByRole('button').click();
  const entry = page.locator('aside.ml');
  await entry.getByRole('button', { name: 'Odczytaj ponownie' }).click();
  await expect(entry.getByRole('region', { name: 'Odczyt dzisiejszym czytnikiem' })).toContainText('W załączeniu dokumenty do wypłaty.');
  await expect(entry.getByText('Wynik zostaje: kwarantanna.')).toBeVisible();
  await admin.picture('72-book-preview');
  await entry.getByRole('button', { name: 'Zostaw' }).click();
  await entry.getByRole('button', { name: 'Wypuść' }).click();
  await expect(entry.getByText(/Jest w\s+rozmowie \d+/)).toBeVisible();
  await expect(entry.getByText(/Barbara Nowak, .*20\d\d/)).toBeVisible();
  await expect(page.getByRole('link', { name: /Księgi odbioru/ })).toContainText('nic nie czeka');
  await entry.getByRole('button', { name: 'Spam' }).click();
  await expect(line).toContainText('spam');
  await entry.getByRole('button', { name: 'Wypuść' }).click();
  await expect(line).toContainText('przyjęta');
  await entry.getByRole('link', { name: 'Otwórz rozmowę' }).click();
  await expect(admin.said.filter({ hasText: 'W załączeniu dokumenty do wypłaty.' })).toBeVisible();
  await admin.go('settings/audit');
  await expect(page.getByRole('row').filter({ hasText: 'wypuszczenie listu' })).toHaveCount(2);
});

test('a page without mail, without an answer, and for whoever does not lead', async ({ house, box }) => {
  const admin = await bookOf(house);
  await expect(admin.page.getByText('Żadna skrzynka nie przyniosła jeszcze listu.')).toBeVisible();
  await admin.picture('73-book-empty');
  box.deliver(marta);
  await admin.lose('drop');
  await admin.page.getByRole('button', { name: /^Spam/ }).click();
  await expect(admin.page.getByRole('alert')).toContainText('Brak połączenia. Stan z');
  await admin.regain();
  await admin.page.getByRole('button', { name: /^Wszystkie/ }).click();
  await expect(admin.page.getByRole('alert')).toHaveCount(0);
  const ania = await house.colleague('ania@demo.test', { online: false });
  await ania.go('settings/mail');
  await expect(ania.page.getByText('To widzi prowadzący zmianę')).toBeVisible();
});

test('hostile HTML does nothing, and remote pictures come through our own server, when asked for', async ({ house, box }) => {
  const seen: string[] = [];
  const far: Server = createServer((r, a) => {
    seen.push(`${r.url} ${r.headers.referer ?? ''}${r.headers.cookie ?? ''}`);
    a.end();
  });
  await new Promise<void>((ready) => far.listen(0, '127.0.0.1', ready));
  const evil = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
  try {
    box.deliver(letter('From: Zły <zly@poczta.example>\nSubject: Oferta nie do odrzucenia', `<html><head><base href="${evil}/"><meta http-equiv="refresh" content="0;url=${evil}/refresh">
<style>body{background:url(${evil}/css)} @import "${evil}/import";</style><link rel="stylesheet" href="${evil}/link"></head><body onload="fetch('${evil}/onload')">
<script>fetch('${evil}/script')</script><p style="background:url('${evil}/style')">Zobacz ofertę</p>
<img src="${evil}/pixel.png" alt="logo sklepu" onerror="fetch('${evil}/onerror')"><img src='${evil}/a"b.png' alt='"><script>fetch("${evil}/nested")</script>'>
<svg onload="fetch('${evil}/svg')"><image href="${evil}/svgimage"/></svg><img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>">
<form action="${evil}/form"><input name="p" autofocus onfocus="fetch('${evil}/focus')"><button>Wyślij</button></form><video poster="${evil}/poster" src="${evil}/video"></video>
<iframe src="${evil}/iframe"></iframe><object data="${evil}/object"></object><table background="${evil}/table"><tr><td>x</td></tr></table><a href="javascript:fetch('${evil}/js')">klik</a></body></html>`, 'text/html; charset=utf-8'));
    const ania = await house.colleague('admin@demo.test', { online: false });
    await ania.go('queue');
    await ania.openRow('Zobacz ofertę');
    const { page } = ania;
    await page.getByRole('button', { name: 'Pokaż oryginał' }).click();
    const mail = page.frameLocator('iframe.mailbody');
    await expect(mail.getByText('Zobacz ofertę')).toBeVisible();
    await expect(mail.getByText('▨ logo sklepu')).toBeVisible();
    expect(await mail.locator('script, form, input, svg, iframe, object, base[href], meta[http-equiv], style:not(head style), video, [onload], [onerror]').count()).toBe(0);
    await ania.picture('74-mail-html');
    const asked: string[] = [];
    page.on('request', (r) => asked.push(r.url()));
    await page.getByRole('button', { name: 'Pokaż obrazki z sieci' }).click();
    await expect.poll(() => asked.filter((u) => u.includes('/v1/images?t=')).length).toBeGreaterThan(0);
    expect(asked.filter((u) => u.startsWith(evil))).toEqual([]);
    await expect(mail.getByText('Zobacz ofertę')).toBeVisible();
    await ania.picture('75-mail-html-images');
    expect(seen, 'this machine is a neighbour: not even the server asks').toEqual([]);
  } finally {
    far.close();
  }
});
