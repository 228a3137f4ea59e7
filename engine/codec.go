package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	sealedEncoding = "binary/encrypted"
	keyGeneration  = "1"
	keyName        = "encryption-key-generation"
)

// Codec seals everything that Temporal keeps: inputs, answers, signals, markers, messages of failures.
type Codec struct{ aead cipher.AEAD }

var _ converter.PayloadCodec = (*Codec)(nil)

// NewCodec derives the codec's key from the data key of exactly 32 bytes.
func NewCodec(secret []byte) (*Codec, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("the data key must be 32 bytes, it is %d", len(secret))
	}
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("steward temporal payload v1"))
	block, err := aes.NewCipher(m.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("make the payload cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the payload cipher: %w", err)
	}
	return &Codec{aead: aead}, nil
}

// DataConverter is Temporal's own conversion with everything sealed.
func (c *Codec) DataConverter() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
}

// Encode implements converter.PayloadCodec.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("seal a payload: %w", err)
		}
		nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
		_, _ = rand.Read(nonce) // never fails: crypto/rand ends the process instead
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(sealedEncoding), keyName: []byte(keyGeneration)},
			Data:     c.aead.Seal(nonce, nonce, plain, nil),
		}
	}
	return sealed, nil
}

// Decode implements converter.PayloadCodec; a payload that is not sealed passes as it is.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != sealedEncoding {
			opened[i] = p
			continue
		}
		o, err := c.open(p)
		if err != nil {
			return nil, err
		}
		opened[i] = o
	}
	return opened, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	n := c.aead.NonceSize()
	if string(p.GetMetadata()[keyName]) != keyGeneration || len(p.GetData()) < n {
		return nil, errors.New("open a payload: unknown key generation")
	}
	plain, err := c.aead.Open(nil, p.GetData()[:n], p.GetData()[n:], nil)
	if err != nil {
		return nil, fmt.Errorf("open a payload (is it the right data key?): %w", err)
	}
	var o commonpb.Payload
	if err := proto.Unmarshal(plain, &o); err != nil {
		return nil, fmt.Errorf("open a payload: %w", err)
	}
	return &o, nil
}
