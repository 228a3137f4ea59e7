package payprovider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader carries the signature of the sandbox's notices.
const SignatureHeader = "X-Steward-Signature"

// signatureTolerance is how far a signature's instant may be from wall time, both ways.
const signatureTolerance = 5 * time.Minute

// Sign gives the header's value for a body at a wall instant.
func Sign(secret string, body []byte, now time.Time) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	return fmt.Sprintf("t=%s,v1=%s", stamp, hex.EncodeToString(mac(secret, stamp, body)))
}

func mac(secret, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

// checkSignature gives "" for a good signature, else the reason under which the refusal is counted. Several v1 are
// accepted, so that a secret can be changed without losing notices.
func checkSignature(secret, header string, body []byte, now time.Time) string {
	var stamp string
	var signatures [][]byte
	for part := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "t":
			stamp = value
		case "v1":
			if raw, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, raw)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if secret == "" || err != nil || len(signatures) == 0 {
		return "missing"
	}
	want, good := mac(secret, stamp, body), false
	for _, s := range signatures {
		good = hmac.Equal(s, want) || good
	}
	switch {
	case !good:
		return "wrong"
	case now.Sub(time.Unix(seconds, 0)).Abs() > signatureTolerance:
		return "stale"
	}
	return ""
}
