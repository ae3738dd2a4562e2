// What an inbox looks like while somebody changes it.
import type * as api from '../api';

export interface Form {
  id: string | null;
  channel: api.InboxChannel;
  name: string;
  slug: string;
  side: api.Side | '';
  team: string;
  enabled: boolean;
  origins: string;
  jwks: string;
  mailbox: api.Mailbox;
  login: api.Login | '';
  history: number;
  imap_password: string;
  smtp_password: string;
  dkim_key: string;
  acknowledge: boolean;
  ack_articles: boolean;
  bot: boolean;
  ack_pl: string;
  ack_en: string;
  /** Sending signs in otherwise than fetching. */
  own_smtp: boolean;
  account: api.Account;
  token: string;
  app_secret: string;
  client_secret: string;
}
export const socials: api.SocialChannel[] = ['messenger', 'instagram', 'whatsapp', 'telegram', 'allegro', 'webhook'];
export const social = (c: api.InboxChannel): c is api.SocialChannel => (socials as string[]).includes(c);
/** Those of Meta, which have an application with a secret in common. */
export const meta = (c: api.InboxChannel): boolean => c === 'messenger' || c === 'instagram' || c === 'whatsapp';
const server = (): api.Server => ({ host: '', port: 993, tls: 'tls', user: '' });
const box = (): api.Mailbox => ({ address: '', from_name: '', imap: server(), smtp: { ...server(), port: 465 }, folders: ['INBOX'], plain_reply: false });
/** What is ticked or not is said from the start: a box that answers for itself would look like a change. */
const account = (): api.Account => ({ sandbox: false, polling: false, comments: false, human_agent: false, mark_read: false });
export const blank = (channel: api.InboxChannel): Form => ({
  id: null, channel, name: '', slug: '', side: '', team: '', enabled: true, origins: '', jwks: '', mailbox: box(), login: '', history: 0,
  imap_password: '', smtp_password: '', dkim_key: '', acknowledge: false, ack_articles: false, bot: false, ack_pl: '', ack_en: '', own_smtp: false,
  account: account(), token: '', app_secret: '', client_secret: '',
});
export function formOf(i: api.Inbox): Form {
  const fresh = blank(i.channel);
  const mailbox = i.mailbox ? { ...fresh.mailbox, ...structuredClone(i.mailbox) } : fresh.mailbox;
  if (!mailbox.folders?.length) mailbox.folders = ['INBOX'];
  return {
    ...fresh, id: i.id, name: i.name, slug: i.slug, side: i.side ?? '', team: i.team ?? '', enabled: i.enabled, origins: (i.origins ?? []).join('\n'), jwks: i.jwks ?? '', mailbox,
    login: mailbox.login ?? '', history: mailbox.history ?? 0, acknowledge: i.acknowledge ?? false, ack_articles: i.ack_articles ?? false, bot: i.bot ?? false, ack_pl: i.ack_text?.pl ?? '', ack_en: i.ack_text?.en ?? '',
    account: { ...account(), ...i.account }, own_smtp: !!i.mailbox && i.mailbox.smtp.user !== i.mailbox.imap.user,
  };
}
const words = (f: Form) => ({ ...(f.ack_pl.trim() ? { pl: f.ack_pl.trim() } : {}), ...(f.ack_en.trim() ? { en: f.ack_en.trim() } : {}) });

/** The mailbox as it is saved; what is empty is left out. */
export function mailboxOf(f: Form): api.Mailbox {
  const { address, from_name, imap, smtp, folders, poll_every, plain_reply, after, move_to, sent_folder, authority, dkim_selector, per_minute } = f.mailbox;
  const own = f.own_smtp && f.login === '';
  return {
    address,
    from_name,
    folders,
    plain_reply,
    imap: { ...imap, port: Number(imap.port), user: imap.user || address },
    smtp: { ...smtp, port: Number(smtp.port), user: own ? smtp.user : imap.user || address },
    ...(poll_every ? { poll_every } : {}),
    ...(f.login ? { login: f.login } : {}),
    ...(f.history ? { history: Number(f.history) } : {}),
    ...(after ? { after } : {}),
    ...(after === 'move' && move_to ? { move_to: move_to.trim() } : {}),
    ...(sent_folder ? { sent_folder: sent_folder.trim() } : {}),
    ...(authority ? { authority: authority.trim() } : {}),
    ...(dkim_selector ? { dkim_selector: dkim_selector.trim() } : {}),
    ...(per_minute ? { per_minute: Number(per_minute) } : {}),
  };
}
/** The account as it is saved: what a channel has no use for is left out. */
export function accountOf(f: Form): api.Account {
  const { id, name, business, client, sandbox, endpoint, polling, comments, human_agent, mark_read } = f.account;
  const say = (key: string, v: string | undefined) => (v?.trim() ? { [key]: v.trim() } : {});
  const yes = (key: string, on: boolean | undefined) => (on ? { [key]: true } : {});
  const named = say('name', name);
  if (f.channel === 'telegram') return { ...named, ...yes('polling', polling) };
  if (f.channel === 'allegro') return { ...named, ...say('client', client), ...yes('sandbox', sandbox), ...yes('mark_read', mark_read) };
  if (f.channel === 'webhook') return { ...named, ...say('endpoint', endpoint) };
  const reads = yes('mark_read', mark_read);
  if (f.channel === 'whatsapp') return { ...say('id', id), ...named, ...say('business', business), ...reads };
  return { ...say('id', id), ...named, ...(f.channel === 'messenger' ? yes('comments', comments) : {}), ...yes('human_agent', human_agent), ...reads };
}
export function bodyOf(f: Form, channel = ''): api.InboxBody {
  if (social(f.channel)) {
    const { token, app_secret, client_secret } = f;
    const secrets = { ...(token.trim() ? { token: token.trim() } : {}), ...(app_secret.trim() ? { app_secret: app_secret.trim() } : {}), ...(client_secret.trim() ? { client_secret: client_secret.trim() } : {}) };
    return { name: f.name.trim() || [channel, f.account.name?.trim()].filter(Boolean).join(', '), side: f.side || null, team: f.team || null, enabled: f.enabled, account: accountOf(f), ...secrets };
  }
  const common = { name: f.name.trim() || f.mailbox.address, side: f.side || null, team: f.team || null, enabled: f.enabled };
  if (f.channel === 'chat') return { ...common, ...(f.slug ? { slug: f.slug } : {}), origins: f.origins.split(/\s+/).filter(Boolean), jwks: f.jwks.trim(), bot: f.bot };
  const ack = { acknowledge: f.acknowledge, ack_text: words(f) };
  if (f.channel === 'form') return { ...common, ...ack, ...(f.slug ? { slug: f.slug } : {}) };
  const sends = f.own_smtp ? f.smtp_password : f.imap_password;
  const passwords = f.login ? {} : { ...(f.imap_password ? { imap_password: f.imap_password } : {}), ...(sends ? { smtp_password: sends } : {}) };
  return { ...common, ...ack, mailbox: mailboxOf(f), ...passwords, ...(f.dkim_key.trim() ? { dkim_key: f.dkim_key.trim() + '\n' } : {}) };
}
/** What the line test is about: the rest makes no other line. */
export const tried = (f: Form): string => {
  if (social(f.channel)) {
    const { id, business, client, sandbox, endpoint, polling } = f.account;
    return JSON.stringify([id?.trim(), business?.trim(), client?.trim(), sandbox, endpoint?.trim(), polling, f.token.trim(), f.app_secret.trim(), f.client_secret.trim()]);
  }
  const { address, imap, smtp, folders, dkim_selector, login } = mailboxOf(f);
  return JSON.stringify([address, imap, smtp, folders, dkim_selector, login, f.imap_password, f.smtp_password, f.dkim_key]);
};
