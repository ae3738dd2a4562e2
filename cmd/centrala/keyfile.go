package main

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Keys are the installation's secrets, all derived from the key file.
type Keys struct {
	aead    cipher.AEAD
	Tokens  []byte // signs visitor tokens and file addresses
	Replies []byte // signs reply addresses in mails
	Surveys []byte // makes survey addresses
	HoldOut []byte // draws who is suggested nothing, and names who has no token for a day
}

// LoadKeys reads the key file, or makes it on the first start. Whoever loses it loses the
// stored mailbox passwords; whoever steals it can be any visitor.
func LoadKeys(path string) (*Keys, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if b, err = makeKeyFile(path); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("the key file %s does not hold 64 hexadecimal digits", path)
	}
	keys := &Keys{}
	for purpose, to := range map[string]*[]byte{"tokens": &keys.Tokens, "replies": &keys.Replies, "surveys": &keys.Surveys, "hold-out": &keys.HoldOut} {
		if *to, err = hkdf.Key(sha256.New, secret, nil, "centrala "+purpose, 32); err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
	}
	seal, err := hkdf.Key(sha256.New, secret, nil, "centrala secrets", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	keys.aead, err = chacha20poly1305.NewX(seal)
	return keys, err
}

func makeKeyFile(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	b := []byte(hex.EncodeToString(secret) + "\n")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	return b, nil
}

// Seal implements store.Sealer.
func (k *Keys) Seal(plain []byte) ([]byte, error) {
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return k.aead.Seal(nonce, nonce, plain, nil), nil
}

// Open implements store.Sealer.
func (k *Keys) Open(sealed []byte) ([]byte, error) {
	if len(sealed) < k.aead.NonceSize() {
		return nil, errors.New("a sealed secret is too short")
	}
	plain, err := k.aead.Open(nil, sealed[:k.aead.NonceSize()], sealed[k.aead.NonceSize():], nil)
	if err != nil {
		return nil, errors.New("a stored secret does not open with this key file")
	}
	return plain, nil
}
