// What the server's page /widget/{inbox} tells the app, and how that page is made.
//
//   <html lang="{locale}">
//   <link rel="stylesheet" href="…">            web.Find("widget", "main.ts").CSS
//   <link rel="modulepreload" href="…">         web.Find("widget", "words/{locale}.json").JS, spares a round trip
//   <script type="application/json" id="centrala-config">{Config}</script>
//   <div id="app"></div>
//   <script type="module" src="…"></script>     web.Find("widget", "main.ts").JS
//
// locale is the query parameter of that name when it is pl or en, else the inbox's own. The JSON must have < written
// as \u003c. The page's policy needs: script-src 'self'; style-src 'self'; connect-src 'self' (and ws: or wss: of
// this host for browsers that do not count it as self); img-src 'self' blob:; frame-ancestors = the allow-list.
import type { Side } from '../protocol';
import type { Locale } from '../words';

export interface Config {
  /** The inbox's name in addresses, as in /widget/{inbox}. */
  inbox: string;
  /** What the window is called: "Pomoc Jarmark". Left out: made from brand. */
  name?: string;
  /** The marketplace. */
  brand: string;
  locale: Locale;
  /** Whether to ask the visitor's side. A signed identity skips the question anyway. */
  sides: boolean;
  /** Replaces "Dzień dobry! W czym pomóc?"; a line break parts its two lines. */
  greeting?: string;
  /** Shown as the heading while nobody is on the line: "Napisz teraz, odpiszemy jutro do 10:00". */
  hours?: string;
  /** The short form, under the name: "wraca jutro o 8:00". */
  back?: string;
  /** Help Centre articles most people want; side null or missing: for everybody. */
  popular: { title: string; url: string; side?: Side | null }[];
  /** Other ways to reach the marketplace, at the foot. kind: email, whatsapp, messenger, telegram, form, phone. */
  channels?: { kind: string; label: string; href: string }[];
  /** Where a conversation's transcript is, with {conversation} for its id; asked with the visitor's token. */
  transcript?: string;
}

/** Reads the page's configuration. Throws when the page has none: then the page is broken, not the network. */
export function readConfig(from: Document): Config {
  const text = from.getElementById('centrala-config')?.textContent;
  if (!text) throw new Error('the page has no centrala-config');
  return JSON.parse(text) as Config;
}
