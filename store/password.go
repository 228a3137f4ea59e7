package store

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// The cost of one password check: about 20 ms and 19 MiB, OWASP's smaller setting for argon2id.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonThreads   = 1
	argonKeyLen    = 32
)

// argonSlots bounds how many checks run at once, so that a storm of sign-ins cannot take all memory and cores.
var argonSlots = make(chan struct{}, 4)

// hashPassword makes the stored form, a PHC string with its own salt and cost.
func hashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	key := stretch(password, salt, argonMemoryKiB, argonPasses, argonThreads)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonThreads, b64(salt), b64(key))
}

// checkPassword compares in constant time at the cost that the stored form names; a form that cannot be read matches nothing.
func checkPassword(stored, password string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare(stretch(password, salt, memory, passes, threads), want) == 1
}

func stretch(password string, salt []byte, memory, passes uint32, threads uint8) []byte {
	argonSlots <- struct{}{}
	defer func() { <-argonSlots }()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, argonKeyLen)
}

// nobodysPassword is checked where a login is unknown, so that the answer takes as long as for a known one.
var nobodysPassword = sync.OnceValue(func() string { return hashPassword("nobody") })
