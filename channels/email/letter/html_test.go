package letter_test

import (
	"strings"
	"testing"

	"centrala/channels/email/letter"
)

// What is dangerous, what tells the other side that the mail was read, and what breaks out of
// its frame is gone; what was written is not.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p := letter.NewPolicy()
	for in, want := range map[string]string{
		`<p onclick="x()" style="position:fixed" class=a id=b>a<b>b</b></p>`:                           `<p>a<b>b</b></p>`,
		`<script>alert(1)</script><style>p{}</style><title>t</title>a`:                                 `a`,
		`<a href="javascript:alert(1)">a</a>`:                                                          `a`,
		`<a href=" jAvascript&#58;alert(1)">a</a>`:                                                     `a`,
		`<a href="data:text/html,x">a</a><a href="/admin">b</a><a href="//evil.test">c</a>`:            `abc`,
		`<a href="mailto:a@b.test">a</a>`:                                                              `<a href="mailto:a@b.test" rel="nofollow noreferrer">a</a>`,
		`<img src="https://tracker.test/x.gif?a=1&b=2" alt="logo" width=20>`:                           `<img src="remote:https://tracker.test/x.gif?a=1&amp;b=2" alt="logo" width="20">`,
		`<img src="HTTP://tracker.test/x.gif">`:                                                        `<img src="remote:http://tracker.test/x.gif">`,
		`<img src="remote:https://tracker.test/x.gif">`:                                                `<img src="remote:https://tracker.test/x.gif">`,
		`<img src="remote:javascript:alert(1)"><img src="remote:cid:x">`:                               ``,
		`<img src="data:image/svg+xml,<svg onload=x>"><img src="//tracker.test/x">`:                    ``,
		`<img srcset="https://tracker.test/x 2x" lowsrc="https://t.test/y">`:                           ``,
		`<img src="https://t.test/&quot;onerror=&quot;alert(1)">`:                                      ``,
		`<p background="https://t.test/x" style="background:url(https://t.test/y)">a</p>`:              `<p>a</p>`,
		`<img src="cid:a@b" onerror=alert(1)>`:                                                         `<img src="cid:a@b">`,
		`<img src="cid:a&quot; onerror=&quot;x">`:                                                      ``,
		`<form action="https://evil.test"><input name=p><button>ok</button></form>a`:                   `a`,
		`<svg onload=alert(1)><a xlink:href="javascript:x">t</a></svg>a`:                               `a`,
		`<iframe src="https://evil.test"></iframe><object data=x></object><embed src=x><base href=x>a`: `a`,
		`<table><tr><td colspan="2" rowspan="x" width=1>a</td></tr></table>`:                           `<table><tr><td colspan="2">a</td></tr></table>`,
		`<math><mi//xlink:href="data:x,<script>alert(4)</script>">a`:                                   ``,
		`a &lt;b&gt; &amp; c`: `a &lt;b&gt; &amp; c`,
	} {
		if got := strings.TrimSpace(p.Sanitize(in)); got != want {
			t.Errorf("%s\n becomes %s\n want    %s", in, got, want)
		} else if again := strings.TrimSpace(p.Sanitize(got)); again != got {
			t.Errorf("%s\n cleaned again becomes %s", got, again)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`jan@example.test`:                                   `|jan@example.test`,
		`Jan Kowalski <Jan@EXAMPLE.test>`:                    `Jan Kowalski|Jan@example.test`,
		`"Kowalski, Jan" <jan@example.test>, b@example.test`: `Kowalski, Jan|jan@example.test;|b@example.test`,
		`jan@example.test (Jan Kowalski)`:                    `Jan Kowalski|jan@example.test`,
		`=?utf-8?Q?=C5=81ukasz?= <l@example.test>`:           `Łukasz|l@example.test`,
		`"=?iso-8859-2?Q?=A3ukasz?=" <l@example.test>`:       `Łukasz|l@example.test`,
		`<mailto:jan@example.test>`:                          `|jan@example.test`,
		`Jan <jan @ example.test>`:                           `Jan|jan@example.test`,
		`undisclosed-recipients:;`:                           ``,
		`Jan`:                                                ``,
		`<>`:                                                 ``,
		`@example.test`:                                      ``,
		`"Jan <jan@example.test>`:                            `Jan|jan@example.test`,
		`'Jan' <jan@example.test>; "B" <b@example.test>`:     `Jan|jan@example.test;B|b@example.test`,
		"a@example.test\u202e (x)":                           `x|a@example.test`,
		`bank@bank.test <zly@example.test>`:                  `bank@bank.test|zly@example.test`,
	} {
		var got []string
		for _, a := range letter.Addresses(in) {
			got = append(got, a.Name+"|"+a.Address)
		}
		if s := strings.Join(got, ";"); s != want {
			t.Errorf("%q is read as %q, want %q", in, s, want)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.pdf": "a.pdf", "../../etc/passwd": "passwd", `C:\x\y.doc`: "y.doc", "": "plik", "..": "plik", "a\x00b\n.txt": "ab.txt",
		"faktura\u202efdp.exe": "fakturafdp.exe", "a<b>:\"|?*.txt": "ab.txt", " x ": "x",
		strings.Repeat("ż", 200) + ".pdf": strings.Repeat("ż", 98) + ".pdf",
	} {
		if got := letter.FileName(in, "plik"); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
