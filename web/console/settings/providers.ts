// Mail providers whose servers are known, by the domains of their addresses.
import type { Login, Server } from '../api';

export interface Provider {
  name: string;
  domains: string[];
  imap: Omit<Server, 'user'>;
  smtp: Omit<Server, 'user'>;
  /** It lets nobody in by password any more. */
  login?: Login;
}
const tls = (host: string, port: number) => ({ host, port, tls: 'tls' as const });
const pair = (imap: string, smtp = imap) => ({ imap: tls(imap, 993), smtp: tls(smtp, 465) });

export const providers: Provider[] = [
  { name: 'Gmail', domains: ['gmail.com', 'googlemail.com'], ...pair('imap.gmail.com', 'smtp.gmail.com'), login: 'google' },
  {
    name: 'Microsoft 365, Outlook',
    domains: ['outlook.com', 'outlook.pl', 'hotmail.com', 'live.com', 'msn.com'],
    imap: tls('outlook.office365.com', 993),
    smtp: { host: 'smtp.office365.com', port: 587, tls: 'starttls' },
    login: 'microsoft',
  },
  { name: 'WP', domains: ['wp.pl'], ...pair('imap.wp.pl', 'smtp.wp.pl') },
  { name: 'o2', domains: ['o2.pl', 'tlen.pl'], ...pair('poczta.o2.pl') },
  { name: 'Onet', domains: ['onet.pl', 'onet.eu', 'op.pl', 'vp.pl', 'poczta.onet.pl', 'poczta.onet.eu'], ...pair('imap.poczta.onet.pl', 'smtp.poczta.onet.pl') },
  { name: 'Interia', domains: ['interia.pl', 'interia.eu', 'poczta.fm'], ...pair('poczta.interia.pl') },
  { name: 'Gazeta', domains: ['gazeta.pl'], ...pair('imap.gazeta.pl', 'smtp.gazeta.pl') },
  { name: 'home.pl', domains: ['home.pl'], ...pair('poczta.home.pl') },
  { name: 'OVH', domains: [], ...pair('ssl0.ovh.net') },
  { name: 'iCloud', domains: ['icloud.com', 'me.com'], imap: tls('imap.mail.me.com', 993), smtp: { host: 'smtp.mail.me.com', port: 587, tls: 'starttls' } },
  { name: 'Yahoo', domains: ['yahoo.com', 'yahoo.pl'], ...pair('imap.mail.yahoo.com', 'smtp.mail.yahoo.com') },
];

/** The provider of an address, as far as its domain tells. */
export const providerOf = (address: string): Provider | undefined => {
  const domain = address.split('@')[1]?.trim().toLowerCase();
  return domain ? providers.find((p) => p.domains.includes(domain)) : undefined;
};
/** The one that signs people in this way. */
export const signerOf = (login: Login) => providers.find((p) => p.login === login);
