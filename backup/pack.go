package backup

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// How much of the beginning and of the end of a copy is looked at.
const (
	headKept = 64 << 10
	tailKept = 512
)

// ends keeps the first and the last bytes of what is written to it, and counts.
type ends struct {
	n          int64
	head, tail []byte
}

// Write implements io.Writer.
func (e *ends) Write(b []byte) (int, error) {
	e.n += int64(len(b))
	if room := headKept - len(e.head); room > 0 {
		e.head = append(e.head, b[:min(room, len(b))]...)
	}
	e.tail = append(e.tail, b[max(0, len(b)-tailKept):]...)
	e.tail = e.tail[max(0, len(e.tail)-tailKept):]
	return len(b), nil
}

// packer writes a copy through gzip and notes what the manifest says of it.
type packer struct {
	ends
	file *os.File
	sum  hash.Hash
	zip  *gzip.Writer
	err  error // of the target, not of the source
}

func newPacker(path string) (*packer, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &packer{file: out, sum: sha256.New()}
	p.zip, _ = gzip.NewWriterLevel(io.MultiWriter(out, p.sum), gzip.BestSpeed) // fails for a bad level only
	return p, nil
}

// Write implements io.Writer.
func (p *packer) Write(b []byte) (int, error) {
	n, err := p.zip.Write(b)
	if err != nil {
		p.err = err
		return n, err
	}
	return p.ends.Write(b)
}

// close lets go of the file of a copy that is given up.
func (p *packer) close() { _ = p.file.Close() }

// finish brings everything to the disk.
func (p *packer) finish(m *Manifest) error {
	err := p.zip.Close()
	size, seekErr := p.file.Seek(0, io.SeekEnd)
	if err := errors.Join(err, seekErr, p.file.Sync(), p.file.Close()); err != nil {
		return err
	}
	m.File, m.Bytes, m.PlainBytes = filepath.Base(p.file.Name()), size, p.n
	m.SHA256 = hex.EncodeToString(p.sum.Sum(nil))
	return nil
}

// unpack streams the copy into w.
func (s Stored) unpack(w io.Writer) error {
	in, err := os.Open(s.file())
	if err != nil {
		return damaged(s.Dir, err)
	}
	defer func() { _ = in.Close() }()
	zip, err := gzip.NewReader(in)
	if err != nil {
		return damaged(s.Dir, err)
	}
	_, err = io.Copy(w, zip)
	return err
}

// verify reads the whole copy, compares it with the manifest, and gives its ends.
func (s Stored) verify() (*ends, error) {
	in, err := os.Open(s.file())
	if err != nil {
		return nil, damaged(s.Dir, err)
	}
	defer func() { _ = in.Close() }()
	sum, kept := sha256.New(), &ends{}
	zip, err := gzip.NewReader(io.TeeReader(in, sum))
	if err == nil {
		_, err = io.Copy(kept, zip)
	}
	if err == nil {
		_, err = io.Copy(sum, in) // what follows the compressed part
	}
	if err != nil {
		return nil, damaged(s.Dir, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != s.SHA256 || kept.n != s.PlainBytes {
		return nil, damaged(s.Dir, fmt.Errorf("the sum of %s is %s, the manifest says %s", s.File, got, s.SHA256))
	}
	return kept, nil
}
