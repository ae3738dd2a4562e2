// A server for developing the widget alone: it serves the built assets, a shop page and the widget's page with the
// strict policy the real one has, and speaks enough of the wire contract to play every scene. Nothing is kept.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

const dist = join(import.meta.dirname, '../../dist');
const types = { js: 'text/javascript', css: 'text/css', json: 'application/json' };

/** Starts on a free port of the loopback. say, tell, status … drive the scene from the test. */
export async function startFake({ config = {}, welcome = {}, articles = [], host = null } = {}) {
  const state = { config, welcome, articles, log: new Map(), acks: new Map(), frames: [], sockets: new Set(), refuse: [], muteAcks: false, uploads: 0, talk: null, delivered: true, visitors: [] };
  const manifest = JSON.parse(readFileSync(join(dist, 'widget/manifest.json'), 'utf8'));
  const entry = manifest['widget/main.ts'];
  const csp = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-ancestors *; base-uri 'none'; form-action 'none'`;

  const page = (locale) => {
    const full = { inbox: 'web', name: locale === 'en' ? 'Jarmark Help' : 'Pomoc Jarmark', brand: 'Jarmark', locale, sides: true, popular: [], ...state.config };
    return `<!doctype html><html lang="${locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${full.name}</title>
${(entry.css ?? []).map((c) => `<link rel="stylesheet" href="/assets/widget/${c}">`).join('')}
<script type="application/json" id="centrala-config">${JSON.stringify(full).replaceAll('<', '\\u003c')}</script><div id="app"></div>
<script type="module" src="/assets/widget/${entry.file}"></script></html>`;
  };
  const shop = (query) => `<!doctype html><html lang="pl"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Jarmark</title>
<body><main><h1>Dzbanek emaliowany</h1><p>129,00 zł</p></main>
<script async src="${query.get('server') ?? ''}/widget.js" data-inbox="web" data-locale="${query.get('locale') ?? 'pl'}" ${query.get('identity') ? `data-identity="${query.get('identity')}"` : ''}></script></html>`;

  const server = createServer((req, res) => {
    const url = new URL(req.url, 'http://x');
    const send = (code, type, body, more = {}) => res.writeHead(code, { 'Content-Type': type, ...more }).end(body);
    if (url.pathname === '/') return send(200, 'text/html', shop(url.searchParams));
    if (url.pathname === '/widget/web') return send(200, 'text/html', page(url.searchParams.get('locale') ?? 'pl'), { 'Content-Security-Policy': csp });
    if (url.pathname === '/favicon.ico') return send(204, 'image/x-icon', '');
    if (url.pathname === '/v1/visitors') return body(req, (raw) => {
      const ask = JSON.parse(raw);
      state.visitors.push({ ...ask, bearer: req.headers.authorization ?? null });
      if (ask.identity === 'bad') return send(401, 'application/problem+json', '{"title":"bad identity","code":"unauthorized"}');
      send(201, 'application/json', JSON.stringify({ token: `t${state.visitors.length}`, contact: { id: 'ct_1', side: null, name: null, verified: false } }));
    });
    if (url.pathname === '/v1/attachments') return body(req, (raw) => {
      const name = /filename="([^"]*)"/.exec(raw)?.[1] ?? 'plik';
      const type = /Content-Type: ([^\r\n]+)/.exec(raw)?.[1] ?? 'application/octet-stream';
      if (/\.exe$/.test(name)) return send(415, 'application/problem+json', '{"title":"type","code":"invalid"}');
      send(201, 'application/json', JSON.stringify({ id: `at_${++state.uploads}`, name, type, size: raw.length }));
    });
    if (url.pathname === '/v1/articles/search') return send(200, 'application/json', JSON.stringify({ items: state.articles }));
    const file = join(dist, url.pathname === '/widget.js' ? 'widget.js' : url.pathname.replace('/assets/', ''));
    if (!file.startsWith(dist) || !existsSync(file)) return send(404, 'text/plain', 'no');
    send(200, types[file.split('.').pop()] ?? 'text/plain', readFileSync(file));
  });

  const sockets = new WebSocketServer({ server, path: '/v1/socket', handleProtocols: () => 'centrala.v1' });
  sockets.on('connection', (ws) => {
    state.sockets.add(ws);
    ws.on('close', () => state.sockets.delete(ws));
    ws.on('message', (raw) => {
      const f = JSON.parse(raw);
      state.frames.push(f);
      const put = (frame) => ws.send(JSON.stringify(frame));
      if (f.type === 'hello') {
        if (state.badToken) return ws.close(4001, state.badToken);
        put({ type: 'welcome', session: 's', me: { id: 'ct_1', side: null, name: null, verified: false }, conversations: state.talk ? [state.talk] : [], surveys: [], online: true, eta_s: [120, 240], ...state.welcome });
        for (const { conversation, after } of f.resume ?? []) {
          const entries = state.log.get(conversation) ?? [];
          entries.slice(after).forEach((message, i) => put({ type: 'message', conversation, seq: after + i + 1, message }));
          put({ type: 'resumed', conversation, from: after + 1, seq: entries.length });
        }
      }
      if (f.type === 'ping') put({ type: 'pong', ref: f.ref, at: new Date().toISOString() });
      if (f.type === 'suggest') put({ type: 'suggestions', ref: f.ref, query: f.text, articles: state.articles });
      if (f.type === 'history') {
        const all = (state.log.get(f.conversation) ?? []).map((m, i) => ({ seq: i + 1, ...m }));
        const some = f.after !== undefined ? all.filter((m) => m.seq > f.after).slice(0, f.limit ?? 50) : all.filter((m) => m.seq < (f.before ?? Infinity)).slice(-(f.limit ?? 50));
        put({ type: 'history', ref: f.ref, conversation: f.conversation, messages: some, more: some.length < all.length });
      }
      if (['contact.set', 'article.feedback', 'survey.answer', 'conversation.end'].includes(f.type)) {
        const no = state.refuse.shift();
        put(no ? { ...no, ref: f.ref } : { type: 'ack', ref: f.ref });
      }
      if (f.type === 'message.send') {
        if (state.muteAcks) return;
        const no = state.refuse.shift();
        if (no) return put({ ...no, ref: f.ref });
        let ack = state.acks.get(f.key);
        if (!ack) {
          const seq = api.say(f.text, { key: f.key, author: { kind: 'customer', id: 'ct_1' }, attachments: (f.attachments ?? []).map((id) => ({ id, name: 'historia-konta.png', type: 'image/png', size: 188416 })) }, ws);
          ack = { type: 'ack', conversation: 'c_1', message: `m_${seq}`, seq, at: new Date().toISOString() };
          state.acks.set(f.key, ack);
        }
        put({ ...ack, ref: f.ref });
      }
    });
  });

  const api = {
    state,
    /** Writes an entry of conversation c_1 and tells every socket but one. */
    say(text, more = {}, except = null) {
      const entries = state.log.get('c_1') ?? [];
      state.log.set('c_1', entries);
      const message = { id: `m_${entries.length + 1}`, author: { kind: 'agent', id: 'a_1', name: 'Hanna' }, text, channel: 'chat', at: new Date().toISOString(), ...more };
      const seq = entries.push(message);
      api.tell({ type: 'message', conversation: 'c_1', seq, message }, except);
      return seq;
    },
    tell(frame, except = null) {
      for (const ws of state.sockets) if (ws !== except) ws.send(JSON.stringify(frame));
    },
    conversation(change) {
      state.talk = { id: 'c_1', status: 'waiting', assignee: null, team: null, queue: null, online: true, read: { customer: 0, agent: 0 }, ...state.talk, ...change };
      api.tell({ type: 'conversation', ...state.talk });
    },
    received: (type) => state.frames.filter((f) => f.type === type),
    cut: (code = 1012, reason = '{"retry_after_ms":400}') => [...state.sockets].forEach((ws) => ws.close(code, reason)),
    close: () => new Promise((done) => {
      for (const ws of state.sockets) ws.terminate();
      server.closeAllConnections();
      server.close(done);
    }),
  };
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  api.url = `http://127.0.0.1:${server.address().port}`;
  api.host = host;
  return api;
}

function body(req, then) {
  const parts = [];
  req.on('data', (p) => parts.push(p)).on('end', () => then(Buffer.concat(parts).toString('latin1')));
}
