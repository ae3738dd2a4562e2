package post_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"testing"

	"centrala/cmd/centrala-bench/post"
)

// The mails are as many and as large as they are said to be, and the standard library reads them.
func TestMails(t *testing.T) {
	t.Parallel()
	const n = 400
	total, kinds := 0, map[post.Kind]int{}
	for i := range n {
		raw := post.Mail(i, "bok@firma.example")
		total += len(raw)
		kinds[post.KindOf(i)]++
		if !bytes.Equal(raw, post.Mail(i, "bok@firma.example")) {
			t.Fatalf("mail %d is another one the second time", i)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
		parts := multipart.NewReader(m.Body, params["boundary"])
		for {
			p, err := parts.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("mail %d: %v", i, err)
			}
			if _, err := io.Copy(io.Discard, p); err != nil {
				t.Fatalf("mail %d: %v", i, err)
			}
		}
	}
	if each := total / n; each < 47_000 || each > 53_000 {
		t.Errorf("a mail has %d bytes on average", each)
	}
	for k := post.Question; k <= post.Again; k++ {
		if kinds[k] != post.Count(n, k) || kinds[k] == 0 {
			t.Errorf("%d mails of kind %d, %d are counted", kinds[k], k, post.Count(n, k))
		}
	}
}

func TestLarge(t *testing.T) {
	t.Parallel()
	if raw := post.Large(3<<20, "bok@firma.example"); len(raw) < 3<<20-64<<10 || len(raw) > 3<<20+64<<10 {
		t.Errorf("%d bytes", len(raw))
	}
}
