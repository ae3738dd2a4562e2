package survey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"centrala"
)

// NonceFor is how long the form on a survey's page may be sent after the page was made.
const NonceFor = 24 * time.Hour

// tokenBytes are the 128 bits of a token, and of the proof in a nonce.
const tokenBytes = 16

// Secret makes and checks what cannot be guessed: the token in a survey's address, and the
// nonce in the form of its page. It holds a key of at least 32 random bytes; another key makes
// other tokens, while those in mails that were sent stay good, since their hashes are stored.
type Secret []byte

// Token is the token of a survey's address: 128 bits that follow from the survey and the key
// and so need not be kept, in 22 characters that stand in an address as they are.
func (s Secret) Token(id centrala.SurveyID) string {
	return base64.RawURLEncoding.EncodeToString(s.proof("survey token", []byte(id.String())))
}

// Hash is what is stored of a token.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Nonce goes into the form of the page behind token, made at now: a GET alone, a scanner's for
// instance, cannot answer.
func (s Secret) Nonce(token string, now time.Time) string {
	at := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(at, s.proof("survey nonce", at, []byte(token))...))
}

// CheckNonce reports whether nonce was made by Nonce for this token less than NonceFor before
// now. A nonce may be used again within that time; to answer a survey twice alike does nothing.
func (s Secret) CheckNonce(token, nonce string, now time.Time) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 8+tokenBytes {
		return false
	}
	if !hmac.Equal(b[8:], s.proof("survey nonce", b[:8], []byte(token))) {
		return false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(b)), 0))
	return age > -time.Minute && age < NonceFor // nodes' clocks differ a little
}

// proof is a keyed hash of parts, each with its length so that none runs into the next.
func (s Secret) proof(purpose string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, s)
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		mac.Write(p)
	}
	return mac.Sum(nil)[:tokenBytes]
}
