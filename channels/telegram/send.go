package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"centrala"
	"centrala/channels"
)

// Limits of what is sent.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxDocument = 50 << 20
	maxPhoto    = 10 << 20
)

// Send implements channels.Sender. Text goes as it is, without any markup: agents write _, * and <.
// Telegram has no key by which it would know a message again, and tells us nothing of what a bot
// sent: an attempt that ends in doubt stays so.
func (c *Channel) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	if botOf(out.Inbox) == "" {
		return "", errBare
	}
	chat, err := strconv.ParseInt(out.To.Address, 10, 64)
	if err != nil {
		return "", &centrala.Rejected{Reason: "the person has no id at Telegram", Cause: centrala.Unreachable}
	}
	text := strings.TrimSpace(out.Text)
	if err := fits(text, out.Attachments); err != nil {
		return "", err
	}
	if err := c.pace.wait(ctx, botOf(out.Inbox), chat, time.Now); err != nil {
		return "", err
	}
	l := letter{c: c, inbox: out.Inbox, chat: chat, text: text, answers: reference(out.Answers, chat)}
	if len(out.Attachments) == 1 {
		l.file = &out.Attachments[0]
		l.photo = isPhoto(*l.file)
	}
	id, err := l.send(ctx)
	var moved *bot.MigrateError
	if errors.As(err, &moved) {
		l.chat, l.answers = int64(moved.MigrateToChatID), nil
		id, err = l.send(ctx)
	}
	if l.photo && unusable(err) {
		l.photo = false
		id, err = l.send(ctx)
	}
	if err != nil {
		return "", meaning(err)
	}
	return messageRef(botOf(out.Inbox), l.chat, int64(id)), nil
}

// fits refuses what one message cannot hold; answers come here divided (centrala.MeasureOf).
func fits(text string, files []centrala.Attachment) error {
	n := utf8.RuneCountInString(text)
	switch {
	case len(files) > 1:
		return &centrala.Rejected{Reason: "one message takes one file", Cause: centrala.BadFile}
	case len(files) == 1 && files[0].Size > maxDocument:
		return &centrala.Rejected{Reason: "a bot may send files of 50 MB at most", Cause: centrala.BadFile}
	case len(files) == 1 && n > maxCaption, n > maxText:
		return &centrala.Rejected{Reason: "the text is too long for one message", Cause: centrala.TooLarge}
	case len(files) == 0 && n == 0:
		return &centrala.Rejected{Reason: "there is nothing to send"}
	}
	return nil
}

// isPhoto reports whether a file is shown as a photo. Others are sent as they are.
func isPhoto(f centrala.Attachment) bool {
	return (f.Type == "image/jpeg" || f.Type == "image/png") && f.Size <= maxPhoto
}

func reference(answers string, chat int64) *models.ReplyParameters {
	if n, ok := messageIn(answers, chat); ok {
		return &models.ReplyParameters{MessageID: n, AllowSendingWithoutReply: true}
	}
	return nil
}

// letter is one message on its way.
type letter struct {
	c       *Channel
	inbox   centrala.Inbox
	chat    int64
	text    string
	answers *models.ReplyParameters
	file    *centrala.Attachment
	photo   bool
}

// send sends it and gives its number.
func (l letter) send(ctx context.Context) (int, error) {
	if l.file == nil {
		tctx, cancel := context.WithTimeout(ctx, l.c.c.Timeout)
		defer cancel()
		return l.by(func(b *bot.Bot) (*models.Message, error) {
			return b.SendMessage(tctx, &bot.SendMessageParams{ChatID: l.chat, Text: l.text, ReplyParameters: l.answers})
		})
	}
	if l.c.c.Files == nil {
		return 0, errors.New("there is nowhere to read files from")
	}
	r, err := l.c.c.Files.NewReader(ctx, l.file.Blob, nil)
	if err != nil {
		return 0, fmt.Errorf("a file of the answer: %w", err)
	}
	data := &held{r: r}
	id, err := l.upload(ctx, data)
	if cause := data.close(); cause != nil {
		return 0, fmt.Errorf("a file of the answer: %w", cause) // it broke off, so that nothing was taken
	}
	return id, err
}

func (l letter) upload(ctx context.Context, data io.Reader) (int, error) {
	upload := &models.InputFileUpload{Filename: cmp.Or(fileName(l.file.Name), "file"), Data: data}
	return l.by(func(b *bot.Bot) (*models.Message, error) {
		if l.photo {
			return b.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: l.chat, Photo: upload, Caption: l.text, ReplyParameters: l.answers})
		}
		return b.SendDocument(ctx, &bot.SendDocumentParams{ChatID: l.chat, Document: upload, Caption: l.text, ReplyParameters: l.answers})
	})
}

// by makes one call with the library. It starts nothing, asks nobody first and speaks through our
// own client, which limits what is read and remembers what is known when it fails.
func (l letter) by(call func(*bot.Bot) (*models.Message, error)) (int, error) {
	w := &wire{open: l.c.http.Open}
	b, err := bot.New(l.inbox.Account.Token, bot.WithSkipGetMe(), bot.WithServerURL(l.c.c.API), bot.WithHTTPClient(time.Minute, w),
		bot.WithUpdatesChannelCap(0), bot.WithErrorsHandler(func(error) { l.c.c.Log.Warn("the sending library could not close a pipe") }))
	if err != nil {
		return 0, errBare
	}
	m, err := call(b)
	if err != nil {
		return 0, w.means(err)
	}
	if m == nil || m.ID == 0 {
		return 0, &centrala.Ambiguous{Err: errors.New("it was taken, and the answer names no message")}
	}
	return m.ID, nil
}

// held is a file that is being uploaded. The library may still read it after its call has ended,
// when the answer came early: close waits for a read that is under way, and there is none after.
type held struct {
	mu     sync.Mutex
	r      io.ReadCloser
	failed error
}

// Read implements io.Reader.
func (h *held) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.r == nil {
		return 0, io.ErrClosedPipe
	}
	n, err := h.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		h.failed = err
	}
	return n, err
}

// close ends the reading and says why it failed, if it did by itself.
func (h *held) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.r.Close() // it was only read
	h.r = nil
	return h.failed
}

// wire is the library's way out for one call.
type wire struct {
	open   func(*http.Request) (*http.Response, error)
	status int // of the answer, 0: there was none
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

// Do implements bot.HttpClient.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	res, err := w.open(r)
	if err != nil {
		return nil, err
	}
	w.status = res.StatusCode
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

// means is an error of the library as ours. Its own texts may hold what it sent or got, so only
// what we know of them is kept.
func (w *wire) means(err error) error {
	var (
		doubt *centrala.Ambiguous
		slow  *bot.TooManyRequestsError
		moved *bot.MigrateError
	)
	switch {
	case errors.As(err, &doubt), errors.As(err, &slow), errors.As(err, &moved):
		return err
	case errors.Is(err, bot.ErrorForbidden), errors.Is(err, bot.ErrorBadRequest), errors.Is(err, bot.ErrorUnauthorized),
		errors.Is(err, bot.ErrorNotFound), errors.Is(err, bot.ErrorConflict):
		return err
	case w.status == 0:
		return err // nothing was heard, and the client says why
	case w.status == http.StatusRequestEntityTooLarge:
		return &centrala.Rejected{Reason: "Telegram finds the file too large", Cause: centrala.BadFile}
	case w.status == http.StatusGatewayTimeout || w.status < 300:
		return &centrala.Ambiguous{Err: fmt.Errorf("an answer (%d) that cannot be read", w.status)}
	}
	return fmt.Errorf("an answer of %d", w.status)
}

// meaning is what a failure means for the delivery.
func meaning(err error) error {
	var slow *bot.TooManyRequestsError
	said := strings.ToLower(err.Error())
	switch {
	case errors.As(err, &slow):
		return &channels.Busy{For: time.Duration(slow.RetryAfter+1) * time.Second, Err: fmt.Errorf("nothing is taken for %d s", slow.RetryAfter)}
	case errors.Is(err, bot.ErrorForbidden):
		return &centrala.Rejected{Reason: saying(err), Cause: centrala.Unreachable}
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound):
		return &channels.Stopped{Code: faultToken, Reason: "Telegram does not know the bot's token (any more)", Err: errors.New(saying(err))}
	case errors.Is(err, bot.ErrorBadRequest) && (strings.Contains(said, "chat not found") || strings.Contains(said, "user not found") || strings.Contains(said, "peer_id_invalid")):
		return &centrala.Rejected{Reason: saying(err), Cause: centrala.Unreachable}
	case errors.Is(err, bot.ErrorBadRequest) && (strings.Contains(said, "file") || strings.Contains(said, "photo") || strings.Contains(said, "image")):
		return &centrala.Rejected{Reason: saying(err), Cause: centrala.BadFile}
	case errors.Is(err, bot.ErrorBadRequest):
		return &centrala.Rejected{Reason: saying(err), Cause: centrala.Refused}
	}
	return err
}

// unusable reports whether a picture is none that can be shown as a photo, and goes as a file.
func unusable(err error) bool {
	said := strings.ToUpper(fmt.Sprint(err))
	return errors.Is(err, bot.ErrorBadRequest) && (strings.Contains(said, "PHOTO_INVALID") || strings.Contains(said, "IMAGE_PROCESS_FAILED") || strings.Contains(said, "PHOTO_EXT_INVALID"))
}

// saying is what Telegram says to a refusal, without the library's prefix.
func saying(err error) string {
	_, said, ok := strings.Cut(err.Error(), ", ")
	if !ok {
		said = err.Error()
	}
	return brief(said)
}
