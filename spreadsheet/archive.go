package spreadsheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

const (
	maxZipParts = 5000
	// bombRatio is beyond what repeated rows of a real sheet compress to; small files may reach it by chance.
	bombRatio    = 200
	bombMinBytes = 32 << 20
	// maxSmallPart bounds the parts that describe the others: relationships, the list of sheets, styles.
	maxSmallPart = 16 << 20
)

// archive is the package of an .xlsx: its parts by name, folded as Windows folds them.
type archive map[string]*zip.File

// openArchive reads the directory: complete, free of harm, and of bounded size when unpacked. Nothing is unpacked; Go's
// reader never yields more of a part than the directory says.
func (r Reader) openArchive(content []byte) (archive, error) {
	if bytes.Count(content, []byte("PK\x01\x02")) > maxZipParts { // before the directory takes memory
		return nil, bomb()
	}
	in, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, truncated()
	}
	parts := make(archive, len(in.File))
	var total uint64
	for _, f := range in.File {
		if f.UncompressedSize64 > uint64(r.Limits.UnzippedBytes) {
			return nil, bomb()
		}
		if total += f.UncompressedSize64; total > uint64(r.Limits.UnzippedBytes) {
			return nil, bomb()
		}
		if f.Flags&1 != 0 {
			return nil, encrypted()
		}
		if err := parts.add(f); err != nil {
			return nil, err
		}
	}
	if total > bombMinBytes && total/uint64(len(content)) > bombRatio {
		return nil, bomb()
	}
	return parts, nil
}

func (a archive) add(f *zip.File) error {
	name := strings.ReplaceAll(f.Name, `\`, "/")
	if strings.HasSuffix(name, "/") {
		return nil
	}
	if strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") || strings.ContainsRune(name, 0) {
		return malformed("部件路径越界")
	}
	key := partKey(name)
	if _, twice := a[key]; twice {
		return malformed("部件重复")
	}
	a[key] = f
	return nil
}

func partKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+name), "/"))
}

// hasMacros looks for programs in the package, whatever the file is called.
func (a archive) hasMacros() bool {
	for name := range a {
		if path.Base(name) == "vbaproject.bin" || strings.HasPrefix(name, "xl/macrosheets/") {
			return true
		}
	}
	return false
}

// scan walks the XML of a part. visit sees the scanner at each start tag and text of it, and at each end.
func (a archive) scan(part string, visit func(*xmlScanner, tokenKind) error) error {
	f, ok := a[part]
	if !ok {
		return malformed("缺少部件 %s", path.Base(part))
	}
	in, err := f.Open()
	if err != nil {
		return truncated()
	}
	defer func() { _ = in.Close() }()
	x := newXMLScanner(in)
	for {
		token, err := x.next()
		if err != nil {
			return err
		}
		if token == endOfPart {
			break
		}
		if err := visit(x, token); err != nil {
			return err
		}
	}
	// The checksum is compared at the very end.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return truncated()
	}
	return nil
}

// scanSmall is scan for a part that is small in every real file.
func (a archive) scanSmall(part string, visit func(*xmlScanner, tokenKind) error) error {
	if f, ok := a[part]; ok && f.UncompressedSize64 > maxSmallPart {
		return malformed("部件 %s 过大", path.Base(part))
	}
	return a.scan(part, visit)
}

// relation is what one part says of another.
type relation struct {
	kind   string // the last segment of its type, the same in the transitional and the strict namespace
	target string // a key of the archive
}

// relations reads what a part refers to, by id. A part without relationships has none.
func (a archive) relations(part string) (map[string]relation, error) {
	all := map[string]relation{}
	list := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		list = "_rels/.rels"
	}
	if a[list] == nil {
		return all, nil
	}
	err := a.scanSmall(list, func(x *xmlScanner, token tokenKind) error {
		if token != startTag || string(x.name) != "Relationship" {
			return nil
		}
		if len(all) == maxZipParts {
			return malformed("关系过多")
		}
		v, err := values(x, "Id", "Type", "Target", "TargetMode")
		if err != nil || v[3] == "External" {
			return err
		}
		if _, twice := all[v[0]]; twice {
			return malformed("关系重复")
		}
		target := strings.ReplaceAll(v[2], `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(part), target)
		}
		all[v[0]] = relation{kind: path.Base(v[1]), target: partKey(target)}
		return nil
	})
	return all, err
}

// values takes attributes of a start tag by name; one that is missing is "".
func values(x *xmlScanner, names ...string) ([]string, error) {
	out := make([]string, len(names))
	for rest := x.attrs; ; {
		name, value, next, ok, err := attribute(rest)
		if err != nil || !ok {
			return out, err
		}
		rest = next
		for i, want := range names {
			if string(name) == want {
				text, err := appendUnescaped(nil, value)
				if err != nil {
					return nil, err
				}
				out[i] = string(text)
			}
		}
	}
}
