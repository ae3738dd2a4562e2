// The script tag of the host's page:
//
//   <script async src="https://help.example/widget.js" data-inbox="web" data-locale="pl" data-identity="<JWT>"></script>
//
// It puts one button on the page once the page is idle, and the app's iframe only when somebody opens it or was
// talking already. Attributes: data-inbox (needed), data-locale pl or en (else the page's language), data-identity
// (a JWT made by the host), data-label (else Pomoc or Help), data-theme light or dark (else the reader's own).
// window.centrala = { open(), close(), identify(jwt) } is there once the button is.
import type { ToApp, ToHost } from './bridge';

const css = `
:host{all:initial}
*{box-sizing:border-box;font:600 15px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.d{position:fixed;z-index:2147483000;right:20px;bottom:20px;display:grid;justify-items:end;gap:12px;--b:#0a5c4a;--h:#084b3c;--o:#fff;--s:#fff;--i:#14201b;--f:#0b6b56;--x:#c5242d;--t:#55635c}
button{border:0;cursor:pointer;background:none;color:inherit;padding:0}
button:focus-visible{outline:2px solid var(--f);outline-offset:2px}
.l{position:relative;display:flex;align-items:center;gap:9px;height:52px;padding:0 20px 0 16px;border-radius:26px;background:var(--b);color:var(--o);box-shadow:0 0 0 1px #10282817,0 14px 34px -10px #1028283d}
.l:hover{background:var(--h)}
svg{width:22px;height:22px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.n{position:absolute;top:-5px;right:-3px;min-width:22px;padding:0 6px;border-radius:11px;background:var(--x);color:#fff;font-size:12px;line-height:22px;text-align:center;box-shadow:0 0 0 2px var(--s)}
.p{position:relative;width:290px;border-radius:18px 18px 6px;background:var(--s);color:var(--i);box-shadow:0 0 0 1px #10282817,0 14px 34px -10px #1028283d}
.p .g{display:block;width:100%;padding:12px 44px 13px 14px;text-align:left;border-radius:inherit}
.p span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;font-weight:400;font-size:14px}
.p .c{position:absolute;top:0;right:0;width:44px;height:44px;color:var(--t)}.p .c svg{width:16px}
iframe{position:fixed;z-index:2147483000;right:20px;bottom:20px;width:376px;height:min(640px,100vh - 96px);border:0;border-radius:22px;box-shadow:0 0 0 1px #10282817,0 36px 80px -20px #1028286b;color-scheme:normal}
[hidden]{display:none!important}
@media(max-width:519px){iframe{inset:0;width:100%;height:100vh;height:100dvh;border-radius:0}.w{display:none}.l{padding:0 15px}.q .w{display:inline}}
@media print{.d,iframe{display:none}}
`;
const dark = '.d{--b:#5fc9ab;--h:#7bd6bc;--o:#04231b;--s:#1d2622;--i:#e8eeeb;--f:#7bd6bc;--t:#93a19a}';
const signs = {
  chat: 'M4.2 4h11.6c.9 0 1.7.8 1.7 1.7v7c0 .9-.8 1.7-1.7 1.7H9.3l-4.1 3v-3h-1c-.9 0-1.7-.8-1.7-1.7v-7C2.5 4.8 3.3 4 4.2 4z',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm0 3v4.2l2.7 1.7',
  x: 'M5.2 5.2l9.6 9.6M14.8 5.2l-9.6 9.6',
};

const script = document.currentScript as HTMLScriptElement | null;
const data = script?.dataset ?? {};
const inbox = data.inbox;
const pl = /^pl\b/i.test(data.locale ?? document.documentElement.lang);
const label = data.label ?? (pl ? 'Pomoc' : 'Help');
const memory = `centrala:${inbox}`;

function start(server: string): void {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  const theme = data.theme === 'dark' ? dark : data.theme === 'light' ? '' : `@media(prefers-color-scheme:dark){${dark}}`;
  sheet.replaceSync(css + theme);
  root.adoptedStyleSheets = [sheet];

  const dock = make('div', 'd');
  const peek = make('div', 'p');
  const peekText = button('g', '', () => open());
  const button1 = button('l', label, () => open());
  const sign = icon('chat');
  const word = make('span', 'w');
  const count = make('span', 'n');
  word.textContent = label;
  button1.setAttribute('aria-haspopup', 'dialog');
  button1.append(sign, word, count);
  const away = button('c', pl ? 'Ukryj podgląd' : 'Hide preview', () => {
    peek.hidden = true;
    session('peek', '0');
  });
  away.append(icon('x'));
  peek.append(peekText, away);
  peek.hidden = count.hidden = true;
  dock.append(peek, button1);
  root.append(dock);
  document.body.append(host);

  let frame: HTMLIFrameElement | null = null;
  let ready = false;
  let isOpen = false;
  let failures = 0;
  let identity = data.identity ?? null;

  function load(): void {
    if (frame) return;
    ready = false;
    frame = document.createElement('iframe');
    frame.title = label;
    frame.allow = 'autoplay; clipboard-write';
    frame.hidden = !isOpen;
    frame.src = `${server}/widget/${encodeURIComponent(inbox ?? '')}?locale=${pl ? 'pl' : 'en'}${data.theme ? `&theme=${data.theme}` : ''}`;
    root.append(frame);
    const mine = frame;
    setTimeout(() => {
      if (ready || frame !== mine) return;
      mine.remove(); // the server is not there: the page must not keep an empty window
      frame = null;
      show(false);
      dock.hidden = ++failures > 1;
    }, 10_000);
  }
  function tell(message: ToApp): void {
    if (ready) frame?.contentWindow?.postMessage(message, server);
  }
  function show(on: boolean): void {
    const was = isOpen;
    isOpen = on;
    button1.hidden = on;
    if (on) peek.hidden = true;
    if (frame) frame.hidden = !on;
    button1.setAttribute('aria-expanded', String(on));
    session('open', on ? '1' : '');
    tell({ centrala: 'shown', on });
    if (on) frame?.focus();
    else if (was) button1.focus();
  }
  function open(): void {
    load();
    show(true);
  }

  let warm = () => {
    const link = document.createElement('link');
    link.rel = 'preconnect';
    link.href = server;
    document.head.append(link);
    warm = () => undefined;
  };
  button1.addEventListener('pointerenter', () => warm());
  button1.addEventListener('focus', () => warm());

  addEventListener('message', (event: MessageEvent<ToHost>) => {
    if (event.origin !== server || !frame || event.source !== frame.contentWindow) return;
    const message = event.data;
    if (message.centrala === 'ready') {
      ready = true;
      failures = 0;
      tell({ centrala: 'init', identity });
      tell({ centrala: 'shown', on: isOpen });
    } else if (message.centrala === 'close') show(false);
    else if (message.centrala === 'open') show(true);
    else if (message.centrala === 'talk') keep(message.on);
    else if (message.centrala === 'badge') badge(message);
  });

  let peeked = '';
  function badge({ unread, peek: latest, queue }: Extract<ToHost, { centrala: 'badge' }>): void {
    count.textContent = String(unread);
    count.hidden = unread === 0;
    word.textContent = queue ?? label;
    button1.classList.toggle('q', !!queue);
    sign.firstElementChild?.setAttribute('d', signs[queue ? 'clock' : 'chat']);
    button1.setAttribute('aria-label', unread ? `${label}, ${pl ? 'nowe wiadomości' : 'new messages'}: ${unread}` : (queue ?? label));
    const what = latest ? latest.name + latest.text : '';
    if (!latest || isOpen) peek.hidden = true;
    else if (what !== peeked && session('peek') !== '0') {
      const text = make('span', '');
      text.textContent = latest.text;
      peekText.replaceChildren(latest.name, text);
      peek.hidden = false;
    }
    peeked = what;
  }

  (window as unknown as { centrala: unknown }).centrala = {
    open,
    close: () => show(false),
    identify(jwt: string) {
      identity = jwt;
      tell({ centrala: 'init', identity });
    },
  };
  if (session('open')) open();
  else if (keep()) load();
}

function make(tag: 'div' | 'span', name: string): HTMLElement {
  const e = document.createElement(tag);
  e.className = name;
  return e;
}
function button(name: string, title: string, then: () => void): HTMLButtonElement {
  const b = document.createElement('button');
  b.className = name;
  b.type = 'button';
  if (title) b.setAttribute('aria-label', title);
  b.onclick = then;
  return b;
}
function icon(name: keyof typeof signs): SVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const path = document.createElementNS(ns, 'path');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', signs[name]);
  svg.append(path);
  return svg;
}
/** Reads or writes a note that ends with the tab. */
function session(name: string, value?: string): string | null {
  try {
    if (value !== undefined) sessionStorage.setItem(`${memory}:${name}`, value);
    return sessionStorage.getItem(`${memory}:${name}`);
  } catch {
    return null; // the host's page may not keep anything: then nothing is remembered
  }
}
/** Remembers that there is a conversation, so that answers are shown on the next page too. */
function keep(on?: boolean): boolean {
  try {
    if (on) localStorage.setItem(memory, '1');
    else if (on === false) localStorage.removeItem(memory);
    return localStorage.getItem(memory) === '1';
  } catch {
    return false;
  }
}

if (script && inbox) {
  const server = new URL(script.src).origin;
  const begin = () => (window.requestIdleCallback ?? ((f: () => void) => setTimeout(f, 200)))(() => start(server));
  if (document.readyState === 'complete') begin();
  else addEventListener('load', begin, { once: true });
}
