// The Help Centre's made-up articles for the made-up server: as drawn, and as many more as a scene asks for.
const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();

const blik7 = 'Weekend i święto się nie liczą.\n\n1. Sprawdź w **Zamówienia → Zwroty**, czy widać „Zlecony”.\n2. Poszukaj w historii konta kwoty z tytułem „Zwrot Jarmark”.\n3. Po dwóch dniach roboczych [napisz do nas](/contact), podamy numer zwrotu u operatora.';
const blik8 = '## W\u00a0skrócie\n\n| Co | Ile |\n| --- | --- |\n| Zwrot zlecamy | w dniu anulowania |\n| Bank księguje BLIK | do dwóch dni roboczych |\n\nWeekend i święto się nie liczą. Anulowane w piątek wraca najpóźniej we wtorek.\n\n1. Sprawdź w **Zamówienia → Zwroty**, czy widać „Zlecony”.\n2. Poszukaj w historii konta kwoty bez tytułu, operator wpisuje tylko numer **ZW**.\n3. Po dwóch dniach roboczych [napisz do nas](/contact), podamy numer zwrotu u operatora.';

/** What the screens about all articles show: as drawn. */
function insight(empty, now, blik) {
  const at = (d) => iso(now - d * DAY);
  const said = [['Usługę zwraca warsztat, my oddajemy prowizję i pośredniczymy.', 'Ania Rutkowska', 3], ['Jeśli termin wizyty nie minął, anulujesz ją w zamówieniu i pieniądze wracają od razu.', 'Wojtek Śliwa', 6], ['Po wizycie potrzebujemy protokołu z warsztatu.', 'Ania Rutkowska', 11]].map(([text, author, d], i) => ({ text, author, at: at(d), score: 10 - (i % 2), conversation: `c_${i + 1}` }));
  const asked = [['zwrot za wulkanizację', 'buyer', 96, 64, 'Zwrot za usługę, nie towar', 0.44], ['faktura vat oss niemcy', 'seller', 71, 58], ['paczka w innym automacie', 'buyer', 63, 22, 'Zmiana adresu dostawy', 0.41], ['blik odrzucony drugi raz', 'buyer', 54, 31, 'Kiedy wrócą pieniądze za BLIK', 0.38], ['limit kampanii dzienny ile', 'advertiser', 29, 19, 'Kampania nie wydaje budżetu', 0.44], ['dlaczego prowizja 11 procent', 'seller', 27, 25], ['zmienić nip w koncie', 'seller', 22, 9, 'Dane firmy', 0.47], ['kod odbioru nie przychodzi', '', 19, 1]];
  const items = asked.map(([text, side, count, conversations, title, score], i) => ({ text, side, locale: 'pl', count, conversations, nearest: title ? { id: blik, title, url: '/help/pl/x' } : null, score: score ?? 0, answers: i === 0 ? said : i === 3 ? [{ ...said[0], score: null }] : [] }));
  const questions = (locale) => (empty || (locale && locale !== 'pl') ? { days: 30, asked: 0, searches: 0, questions: 0, items: [] } : { days: 30, asked: 9120, searches: 612, questions: 41, items });
  const worth = (articles, days) =>
    empty || days < 30
      ? { from: at(days), to: at(0), shown: { people: 42, contacted: 9, opened: 12, solved: 3, quiet: 3, unsolved: 1 }, held: { people: 0, contacted: 0 }, least: 100, difference: null, low: null, high: null, places: [], bot: { answered: 0, solved: 0, unsolved: 0, handed_over: 0 }, articles: [] }
      : { from: at(days), to: at(0), shown: { people: 8412, contacted: 1851, opened: 3020, solved: 1204, quiet: 1101, unsolved: 390 }, held: { people: 903, contacted: 260 }, least: 100, difference: 0.0679, low: 0.0386, high: 0.0992, places: [['widget', 6104, 2210, 904, 300], ['form', 2308, 810, 300, 90], ['help', 12040, 9120, 2040, 610], ['composer', 5120, 1830, 0, 0], ['bot', 412, 140, 96, 61]].map(([place, offered, opened, solved, unsolved]) => ({ place, offered, opened, solved, unsolved })), bot: { answered: 412, solved: 96, unsolved: 61, handed_over: 202 }, articles: articles.map((a, i) => ({ ...a, watched: a.opened - 40, quiet: Math.min(a.quiet, a.opened - 40), flag: i === 2 ? 'worse' : i === 4 ? 'version' : '' })) };
  const shelves = empty ? [] : [['category', 'zakupy', '', { pl: 'Kupuję i zwracam', en: 'Buying and returns' }, ['buyer'], 1], ['category', 'sprzedaz', '', { pl: 'Sprzedaję' }, ['seller'], 2], ['section', 'Zwroty', 'zakupy', { pl: 'Zwroty', en: 'Refunds' }, [], 1], ['section', 'Wypłaty i prowizje', 'sprzedaz', { en: 'Payouts and commission' }, [], 2]].map(([kind, key, parent, names, sides, position]) => ({ kind, key, parent, names, sides, position }));
  const words = { pl: { locale: 'pl', synonyms: [['hajs', 'pieniądze', 'kasa'], ['automat', 'paczkomat', 'punkt odbioru'], ['blik', 'przelew na telefon']], stop: ['czy', 'jak', 'proszę'] } };
  const links = empty ? [] : [['/help/pl/nikt', 3, 'article'], ['/help/pl/zwrot-na-karte#limit', 9, 'anchor', 'limit'], ['/help/pl/blik-oddaj', 14, 'moved', '/help/pl/kiedy-wroca-pieniadze-za-blik']].map(([link, line, fault, detail], i) => ({ article: i < 2 ? 'ar_l4' : blik, title: i < 2 ? 'Sprzedawca anulował zamówienie: co dalej' : 'Kiedy wrócą pieniądze za BLIK', url: '/help/pl/x', line, link, fault, ...(detail ? { detail } : {}) }));
  let checked = at(1);
  return function rest(kind, id, verb, q, body, method, articles) {
    if (kind === 'questions') return [200, questions(q.get('locale'))];
    if (kind === 'reports' && id === 'deflection') return [200, worth(articles, Number(q.get('days') ?? 30))];
    if (kind === 'shelves' && method === 'GET') return [200, { items: shelves }];
    if (kind === 'shelves') {
      const n = shelves.findIndex((s) => s.kind === id && s.key === decodeURIComponent(verb));
      if (n >= 0) shelves.splice(n, 1);
      if (method === 'PUT') shelves.push({ kind: id, key: decodeURIComponent(verb), parent: '', names: {}, sides: [], ...body });
      return method === 'PUT' ? [200, shelves.at(-1)] : [204];
    }
    if (kind === 'words') return method === 'PUT' ? [200, (words[id] = { locale: id, ...body })] : [200, words[id] ?? { locale: id, synonyms: [], stop: [] }];
    if (kind === 'links') {
      if (method === 'POST') checked = at(0);
      return [200, { checked_at: checked, articles: empty ? 0 : 12, outside: 7, broken: links.filter((l) => l.fault !== 'moved').length, items: links, more: 0 }];
    }
    return null;
  };
}

export function library({ many = 0, empty = false } = {}) {
  const now = Date.now();
  const all = new Map();
  const help = [];
  let serial = 0;
  const add = (locale, title, section, sides, more = {}) => {
    const id = `ar_l${++serial}`;
    const slug = title.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
    const version = more.version ?? 3;
    const body = more.body ?? 'Zwrot zlecamy w dniu anulowania.\n\n1. Otwórz **Zamówienia**.\n2. Wybierz zwrot.';
    const m = { id, topic: more.topic ?? id, locale, slug, title, summary: '', body, section, sides, readers: [], tags: more.tags ?? [], popular: 0, version, numbers: more.numbers ?? version, updated_at: iso(now - 3 * DAY), published_at: iso(now - 3 * DAY) };
    if (more.basis) m.basis = more.basis;
    if (more.stale) m.stale = more.stale;
    if (more.draft) m.draft = { article: id, slug, title, summary: '', body, section, sides, readers: [], tags: more.tags ?? [], related: [], popular: 0, state: 'writing', base: m.numbers, basis: more.basis ?? 0, by: 'a_7', saved_at: iso(now - 40 * 60_000), save: 4, ...more.draft };
    m.history = Array.from({ length: m.numbers }, (_, i) => ({ number: m.numbers - i, title, by: i % 3 === 0 ? 'a_7' : 'a_2', at: iso(now - (16 + 20 * i) * DAY), ...(i > 0 ? { until: iso(now - (16 + 20 * (i - 1)) * DAY) } : {}), body }));
    all.set(id, m);
    if (more.told) help.push({ id, title, opened: more.told * 3, told: more.told, solved: Math.round((more.told * (more.share ?? 0)) / 100), quiet: more.told * 2 });
    return id;
  };
  if (!empty) {
    const blik = add('pl', 'Kiedy wrócą pieniądze za BLIK', 'Zwroty', ['buyer'], { version: 7, body: blik7, told: 1640, share: 82, tags: ['kasa nie wróciła', 'zwrot środków', 'hajs', 'blik oddaj'], draft: { body: blik8 } });
    const b = all.get(blik);
    Object.assign(b.history[2], { at: iso(now - 48.2 * DAY), until: iso(now - 48.2 * DAY + 3 * 3_600_000) });
    Object.assign(b.history[1], { restored: 4 });
    b.history.slice(3).forEach((v) => (v.body = blik7.replace('święto', 'święta')));
    add('en', 'When BLIK refunds arrive', 'Zwroty', ['buyer'], { topic: blik, version: 3, basis: 6, stale: iso(now - 16.2 * DAY), body: 'Weekends and holidays do not count.\n\n1. Look in **Orders → Refunds** for “Requested”.\n2. Find the amount titled “Jarmark refund”.' });
    add('uk', 'Коли повернуться гроші за BLIK', 'Zwroty', ['buyer'], { topic: blik, version: 2, basis: 7 });
    const c = add('pl', 'Sprzedawca anulował zamówienie: co dalej', 'Zwroty', ['buyer'], { told: 903, share: 74 });
    add('en', 'The seller cancelled: what next', 'Zwroty', ['buyer'], { topic: c, basis: 3 });
    const d = add('pl', 'Minęło 5 dni, a zwrotu nie ma', 'Zwroty', ['buyer'], { told: 288, share: 61 });
    add('en', 'Five days and no refund', 'Zwroty', ['buyer'], { topic: d, basis: 3 });
    add('uk', 'Минуло 5 днів', 'Zwroty', ['buyer'], { topic: d, basis: 3 });
    add('pl', 'Zwrot na kartę przedpłaconą', 'Zwroty', ['buyer'], { version: 0, numbers: 0, told: 12, draft: { state: 'review', note: 'Czy limit 250 zł jest dalej aktualny?', by: 'a_2' } });
    const e = add('pl', 'Jak zlecić zwrot kupującemu', 'Zwroty', ['seller'], { told: 512, share: 77, draft: { state: 'scheduled', due: iso(now + 2 * DAY) } });
    add('en', 'How to refund a buyer', 'Zwroty', ['seller'], { topic: e, basis: 2, stale: iso(now - 4 * DAY) });
    const f = add('pl', 'Wypłata wstrzymana: jakie dokumenty', 'Wypłaty i prowizje', ['seller'], { told: 341, share: 58 });
    add('en', 'Payout on hold: which documents', 'Wypłaty i prowizje', ['seller'], { topic: f, basis: 1, stale: iso(now - 30 * DAY) });
    const g = add('pl', 'Kiedy prowizja wraca po anulowaniu', 'Wypłaty i prowizje', ['seller'], { told: 266, share: 71 });
    add('en', 'When commission comes back', 'Wypłaty i prowizje', ['seller'], { topic: g, basis: 3 });
    add('pl', 'Kampania nie wydaje budżetu', 'Kampanie', ['advertiser'], { told: 94, share: 66 });
    add('pl', 'Stary regulamin kampanii', 'Kampanie', ['advertiser', 'seller'], { version: 0, numbers: 2, draft: {} });
    for (let i = 0; i < many; i++) add('pl', `Pytanie numer ${i + 1}`, `Dział ${i % 40}`, [], {});
  }
  const files = new Map();
  const screens = insight(empty, now, 'ar_l1');
  const state = { all, help, theirs: null, down: false };

  const stored = (m) => {
    const rest = { ...m };
    delete rest.history;
    return rest;
  };
  const row = (m) => {
    const s = m.version > 0 || !m.draft ? m : m.draft;
    return { id: m.id, topic: m.topic, locale: m.locale, slug: s.slug, title: s.title, summary: '', section: s.section, sides: s.sides, tags: s.tags, url: `/help/${m.locale}/${s.slug}`, updated_at: m.updated_at, version: m.version, numbers: m.numbers, draft: m.draft?.state ?? '', ...(m.stale ? { stale: m.stale } : {}) };
  };
  const difference = {
    changes: 2, words: 31,
    blocks: [
      { kind: 'same', parts: [{ op: 'same', text: 'Zwrot zlecamy w dniu anulowania. Bank księguje BLIK do dwóch dni roboczych.' }] },
      { kind: 'changed', parts: [{ op: 'same', text: 'Weekend i święto się nie liczą. ' }, { op: 'in', text: 'Anulowane w piątek wraca najpóźniej we wtorek.' }] },
      { kind: 'same', parts: [{ op: 'same', text: '1. Sprawdź w Zamówienia → Zwroty, czy widać „Zlecony”.' }] },
      { kind: 'changed', parts: [{ op: 'same', text: '2. Poszukaj w historii konta kwoty ' }, { op: 'out', text: 'z tytułem „Zwrot Jarmark”' }, { op: 'in', text: 'bez tytułu, operator wpisuje tylko numer ZW' }, { op: 'same', text: '.' }] },
      { kind: 'same', parts: [{ op: 'same', text: '3. Po dwóch dniach roboczych napisz do nas, podamy numer zwrotu u operatora.' }] },
    ],
  };
  const inline = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>').replace(/\[(.+?)\]\((.+?)\)/g, '<a href="$2">$1</a>');
  const render = (title, body) => {
    const short = /^## (W\u00a0skrócie|In short)\n\n\|.*\n\|.*\n((?:\|.*\n?)+)/.exec(body);
    const rest = short ? body.slice(short[0].length) : body;
    const box = short ? `<div class="short"><h2>${short[1]}</h2><table><tbody>${short[2].trim().split('\n').map((l) => `<tr>${l.split('|').slice(1, 3).map((c, i) => (i ? `<td>${inline(c.trim())}</td>` : `<th>${inline(c.trim())}</th>`)).join('')}</tr>`).join('')}</tbody></table></div>` : '';
    const html = rest.trim().split(/\n{2,}/).map((b) => (/^\d+\. /.test(b) ? `<ol class="steps">${b.split('\n').map((l) => `<li>${inline(l.replace(/^\d+\. /, ''))}</li>`).join('')}</ol>` : /^#+ /.test(b) ? `<h2>${inline(b.replace(/^#+ /, ''))}</h2>` : `<p>${inline(b)}</p>`)).join('');
    return `<h1>${inline(title)}</h1>${box}<div class="body">${html}</div>`;
  };
  const fieldsOf = (b) => Object.fromEntries(['slug', 'title', 'summary', 'body', 'section', 'sides', 'readers', 'tags', 'related', 'popular'].filter((k) => k in b).map((k) => [k, b[k]]));
  const none = [404, { title: 'Not found', code: 'not_found', status: 404 }];

  function step(m, verb, extra, body, method) {
    if (verb === 'draft' && method === 'PUT') {
      if (state.theirs) {
        m.draft = { ...(m.draft ?? { state: 'writing', base: m.numbers }), ...state.theirs, by: 'a_2', save: (m.draft?.save ?? 0) + 1, saved_at: iso(Date.now()) };
        state.theirs = null;
      }
      if (body.save !== (m.draft?.save ?? 0)) return [409, { title: 'Conflict', code: 'conflict', field: 'save' }];
      m.draft = { ...(m.draft ?? { state: 'writing' }), ...fieldsOf(body), base: body.base, basis: body.basis ?? 0, by: 'a_1', saved_at: iso(Date.now()), save: body.save + 1 };
      return [200, m.draft];
    }
    if (verb === 'draft') return delete m.draft, m.numbers === 0 && all.delete(m.id), [204];
    if (verb === 'review') Object.assign(m.draft, { state: 'review', note: body.note, save: m.draft.save + 1 });
    if (verb === 'return') Object.assign(m.draft, { state: 'writing', note: body.note, due: undefined, save: m.draft.save + 1 });
    if (verb === 'schedule') Object.assign(m.draft, { state: 'scheduled', due: body.at, save: m.draft.save + 1 });
    if (verb === 'publish' || verb === 'restore') {
      const from = verb === 'publish' ? m.draft : m.history.find((v) => v.number === Number(extra));
      if (verb === 'publish') delete m.draft;
      m.version = ++m.numbers;
      Object.assign(m, fieldsOf(from));
      m.history.unshift({ number: m.version, title: m.title, by: 'a_1', at: iso(Date.now()), body: m.body, ...(verb === 'restore' ? { restored: Number(extra) } : {}) });
    }
    if (verb === 'withdraw') Object.assign(m, { version: 0, draft: { ...fieldsOf(m), state: 'writing', base: m.numbers, by: 'a_1', saved_at: iso(Date.now()), save: 1 } });
    return [200, stored(m)];
  }
  function rest(kind, id, verb, extra, tail, q, body, method) {
    const about = screens(kind, id, verb, q, body, method, help);
    if (about) return about;
    if (kind === 'articles' && id === 'preview') return [200, { html: body.as === 'widget' ? `<b>${inline(body.title)}</b><p>${inline((body.summary || body.body).replace(/[#|*]|---/g, '').trim().slice(0, 240))}</p>` : render(body.title, body.body) }];
    if (kind === 'articles' && id === 'search' && q.get('q')?.startsWith('week')) return [200, { items: [{ id: 'ar_l1' }] }];
    if (kind !== 'manuscripts') return null;
    if (!id && method === 'GET') return [200, { items: [...all.values()].map(row), next: null }];
    if (!id) return add(body.locale, body.title, body.section ?? '', body.sides ?? [], { version: 0, numbers: 0, topic: body.topic, body: body.body, draft: { ...fieldsOf(body), by: 'a_1', saved_at: iso(Date.now()), save: 1, base: 0 } }), [201, stored([...all.values()].at(-1))];
    const m = all.get(id);
    if (!m) return none;
    if (!verb) return [200, stored(m)];
    if (verb === 'versions' && !extra) return [200, { items: m.history.map((v) => ({ ...v, body: undefined })), next: null }];
    if (verb === 'versions' && tail === 'restore') return step(m, 'restore', extra, body, method);
    if (verb === 'versions') return [200, m.history.find((v) => v.number === Number(extra)) ?? {}];
    if (verb === 'difference') return [200, difference];
    if (verb === 'help') return [200, { opened: 4210, told: 1640, solved: 1345, quiet: 3105, versions: [{ number: 7, told: 640, solved: 525 }, { number: 6, told: 700, solved: 518 }, { number: 4, told: 300, solved: 213 }] }];
    if (verb === 'files' && method === 'GET') return [200, { items: files.get(id) ?? [{ id: 'fi_1', name: 'zwroty-w-aplikacji.png', type: 'image/png', size: 184_000, url: '/f/1' }], next: null }];
    if (verb === 'files') return extra ? [204] : [201, { id: 'fi_2', name: 'zrzut.png', type: 'image/png', size: 9000, url: '/f/2' }];
    return step(m, verb, extra, body, method);
  }
  return { state, rest };
}
