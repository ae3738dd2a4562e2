# An SMTP server (aiosmtpd) that keeps what it takes in a maildir before it says so, and treats
# some recipients badly on purpose. Arguments: port, maildir, password ("" for no login), certificate or "".
import asyncio, mailbox, signal, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

port, folder, password, cert = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

class Sink:
    def __init__(self):
        self.box = mailbox.Maildir(folder)
    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = {
            "nobody": "550 5.1.1 User unknown",
            "later": "451 4.7.1 Greylisted, try again later",
            "barred": "554 5.7.1 Relay access denied",
        }
        name = address.split("@")[0]
        if name in answers:
            return answers[name]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"
    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "spam":
            return "550 5.7.1 Looks like spam"
        if name == "full":
            return "452 4.2.2 Mailbox full"
        if name == "silent":
            await asyncio.sleep(600)
        if name == "odd":
            return "354 Go on"
        if name == "cut":
            server.transport.abort()
            return "250 never read"
        head = "Return-Path: <%s>\r\nDelivered-To: %s\r\n" % ((envelope.mail_from or "").strip("<>"), envelope.rcpt_tos[0])
        self.box.add(head.encode() + envelope.content)
        return "250 2.0.0 Taken"

def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password.decode() == password, handled=False)

options = {}
if password:
    options.update(authenticator=login, auth_required=True, auth_require_tls=bool(cert))
if cert:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert)
    options.update(tls_context=context, require_starttls=True)
ends = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the server's thread is there
controller = Controller(Sink(), hostname="127.0.0.1", port=port, data_size_limit=60_000_000, **options)
controller.start()
signal.sigwait(ends)
controller.stop()
