package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// KeyRing seals personal data and makes its blind indexes. The two keys are derived from one secret of 32 bytes, and the
// first byte of a sealed value names the key's generation so that a ring can hold older ones later.
type KeyRing struct {
	aead  cipher.AEAD
	index []byte

	hashes sync.Pool // of keyed hashes: making one costs as much as using it
}

const keyGeneration = 1

// NewKeyRing derives the keys from a secret of exactly 32 bytes.
func NewKeyRing(secret []byte) (*KeyRing, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("the data key must be 32 bytes, it is %d", len(secret))
	}
	block, err := aes.NewCipher(derive(secret, "steward seal v1"))
	if err != nil {
		return nil, fmt.Errorf("make the data cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the data cipher: %w", err)
	}
	return &KeyRing{aead: aead, index: derive(secret, "steward index v1")}, nil
}

func derive(secret []byte, label string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(label))
	return m.Sum(nil)
}

// Seal encrypts; an empty value seals to nil, which is stored as NULL.
func (k *KeyRing) Seal(plain string) []byte {
	if plain == "" {
		return nil
	}
	return k.SealBytes([]byte(plain))
}

// SealBytes encrypts a non-empty blob.
func (k *KeyRing) SealBytes(plain []byte) []byte {
	nonce := make([]byte, 1+k.aead.NonceSize(), 1+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	nonce[0] = keyGeneration
	_, _ = rand.Read(nonce[1:]) // never fails: crypto/rand ends the process instead
	return k.aead.Seal(nonce, nonce[1:], plain, nil)
}

// Open decrypts what Seal made; nil gives "".
func (k *KeyRing) Open(sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := k.OpenBytes(sealed)
	return string(plain), err
}

// OpenBytes decrypts what SealBytes made.
func (k *KeyRing) OpenBytes(sealed []byte) ([]byte, error) {
	n := 1 + k.aead.NonceSize()
	if len(sealed) < n || sealed[0] != keyGeneration {
		return nil, errors.New("open sealed data: unknown key generation")
	}
	plain, err := k.aead.Open(nil, sealed[1:n], sealed[n:], nil)
	if err != nil {
		return nil, fmt.Errorf("open sealed data: %w", err)
	}
	return plain, nil
}

// Index is the keyed blind index of a value that the caller has normalised; purpose keeps a phone from matching an ID
// number. An empty value gives nil.
func (k *KeyRing) Index(purpose, value string) []byte {
	if value == "" {
		return nil
	}
	m, ok := k.hashes.Get().(hash.Hash)
	if !ok {
		m = hmac.New(sha256.New, k.index)
	}
	defer k.hashes.Put(m)
	m.Reset()
	m.Write([]byte(purpose))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return m.Sum(nil)[:16]
}
