package centrala

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
)

// SigningKey reads the private key that mails are signed with (DKIM, RFC 6376 and 8463): PEM of
// an RSA key of at least 1024 bits or of an Ed25519 key. Its errors are sentences for people and
// tell nothing of the key.
func SigningKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return nil, InvalidField("dkim_key", "The signing key is not PEM: it begins with -----BEGIN PRIVATE KEY-----.")
	}
	var key any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, InvalidField("dkim_key", "The signing key cannot be read. It must be a private key that is not encrypted.")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < 1024 {
			return nil, InvalidField("dkim_key", "The signing key is too short: nobody believes RSA keys below 1024 bits.")
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, InvalidField("dkim_key", "Mails are signed with an RSA or Ed25519 key, and this is neither.")
}

var selectorForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

// CheckSelector says what is wrong with the name under which a domain publishes a signing key.
func CheckSelector(s string) error {
	if len(s) > 63 || !selectorForm.MatchString(s) {
		return InvalidField("mailbox.dkim_selector", "The selector is a short name of letters, digits and dashes, such as centrala.")
	}
	return nil
}

// CheckSending says what is wrong with how the mailbox's answers are sent, or nil.
func (m *Mailbox) CheckSending() error {
	if m.PerMinute < 0 || m.PerMinute > 10_000 {
		return InvalidField("mailbox.per_minute", "Mails in a minute are 0 (no limit) to 10000.")
	}
	if m.DKIMSelector != "" {
		if err := CheckSelector(m.DKIMSelector); err != nil {
			return err
		}
	}
	if m.DKIMKey == "" {
		return nil
	}
	if m.DKIMSelector == "" {
		return InvalidField("mailbox.dkim_selector", "A signing key needs its selector: the name under which your domain publishes it.")
	}
	_, err := SigningKey(m.DKIMKey)
	return err
}

// SigningRecord is the TXT record by which a domain tells that mails signed with a key are its
// own: the record's name, without a dot at its end, and its text. Servers that want pieces of at
// most 255 characters split the text themselves.
func SigningRecord(selector, domain, key string) (name, value string, err error) {
	if err := CheckSelector(selector); err != nil {
		return "", "", err
	}
	signer, err := SigningKey(key)
	if err != nil {
		return "", "", err
	}
	kind, public := "ed25519", []byte(nil)
	switch k := signer.Public().(type) {
	case ed25519.PublicKey:
		public = k
	default:
		kind = "rsa"
		if public, err = x509.MarshalPKIXPublicKey(k); err != nil {
			return "", "", fmt.Errorf("public key: %w", err)
		}
	}
	return selector + "._domainkey." + domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}
