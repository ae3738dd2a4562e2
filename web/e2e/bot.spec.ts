// The answer bot in the chat window: it asks, quotes with its source, and is gone as soon as a person is wanted.
import { accessible, expect, test, type Shopper } from './house';

const question = 'Jak zgłosić zwrot zakupu?';
const offer = (who: Shopper) => who.window.getByRole('region', { name: /^Mam coś, co może odpowiedzieć od razu/ });
const enough = (who: Shopper) => who.window.getByRole('region', { name: 'Czy to wystarcza?' });
const press = (who: Shopper, name: string) => who.window.getByRole('button', { name }).click();

test.beforeEach(async ({ house }) => house.answerBot());

test('who agrees reads the passage with its source, and is done', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin(question);
  await expect(offer(marta)).toBeVisible();
  await expect(offer(marta)).toContainText('Miejsce w\u00a0kolejce zostaje.');
  await expect(marta.said, 'an offer is no message').toHaveCount(1);
  await expect(marta.write, 'writing is never blocked').toBeEnabled();
  await accessible(marta, 'widget-bot-offer');
  await press(marta, 'Pokaż');
  await expect(marta.said).toHaveCount(2);
  const quoted = marta.said.last();
  await expect(quoted).toContainText('Z\u00a0naszego Centrum Pomocy');
  await expect(quoted.getByRole('link')).toHaveAttribute('href', /\/help\/pl\//);
  await expect(marta.window.getByText(/^Odpowiedź automatyczna,/).first()).toBeAttached();
  const source = enough(marta).getByRole('link', { name: /^Źródło: / });
  const page = await marta.context.request.get(new URL((await source.getAttribute('href')) ?? '', house.server.url).href);
  expect(page.ok(), 'the source is there').toBe(true);
  await accessible(marta, 'widget-bot-quote');
  await press(marta, 'Tak');
  await expect(enough(marta)).toHaveCount(0);
  await expect(marta.window.getByText(/^Rozmowa zakończona/)).toBeVisible();
  await marta.say('Jednak jeszcze jedno');
  await expect(marta.window.getByText(/^Rozmowa otwarta na nowo/)).toBeVisible();
});

test('who wants a person has one, and the agent reads what was quoted', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin(question);
  await press(marta, 'Pokaż');
  await expect(enough(marta)).toBeVisible();
  await marta.page.reload(); // the window opens again by itself, and the question is still there
  await expect(enough(marta)).toBeVisible();
  await press(marta, 'Nie, zawołaj człowieka');
  await expect(enough(marta)).toHaveCount(0);
  const ania = await house.colleague('ania@demo.test');
  await ania.openRow(/Centrum Pomocy|zwrot/);
  await expect(ania.talk.getByText(/Odpowiedź automatyczna z\u00a0artykułu „.*” nie wystarczyła: potrzebny człowiek/)).toBeVisible();
  await expect(ania.said.filter({ hasText: 'naszego Centrum Pomocy' })).toBeVisible();
  await ania.picture('console-bot-handed-over');
});

test('who declines loses nothing, in two tabs alike', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin(question);
  await expect(offer(marta)).toBeVisible();
  const tab = await marta.context.newPage();
  await tab.goto(`${house.server.url}/`);
  await tab.getByRole('button', { name: /^Pomoc/ }).click();
  const other = tab.frameLocator('iframe').getByRole('region', { name: /^Mam coś, co może odpowiedzieć od razu/ });
  await expect(other, 'another tab of the same person is asked, too').toBeVisible();
  await press(marta, 'Nie, zawołaj człowieka');
  await expect(offer(marta)).toHaveCount(0);
  await expect(other).toHaveCount(0);
  await marta.say('Czekam');
  await expect(marta.said).toHaveCount(2);
  await expect(offer(marta)).toHaveCount(0);
});

test('an agent who answers first ends the offer', async ({ house }) => {
  const ania = await house.colleague('ania@demo.test');
  const marta = await house.shopper();
  await marta.begin(question);
  await expect(offer(marta)).toBeVisible();
  await ania.openRow(question);
  await ania.say('Dzień dobry, już pomagam.');
  await expect(marta.said.filter({ hasText: 'już pomagam' })).toBeVisible();
  await expect(offer(marta)).toHaveCount(0);
});

test('what nothing surely answers is a person’s from the start', async ({ house }) => {
  const marta = await house.shopper();
  await marta.begin('Kto wygrał wczoraj mecz siatkówki?');
  await marta.say('Halo?');
  await expect(marta.said).toHaveCount(2);
  await expect(offer(marta)).toHaveCount(0);
});
