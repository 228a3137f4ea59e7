package devstack

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Problem is a failure that the person at the terminal can mend: what is wrong and what to do, in Chinese and English.
type Problem struct {
	Code   string // stable, kebab-case
	Zh     string
	En     string
	FixZh  string
	FixEn  string
	Detail string // what the system said, may be empty
	Cause  error
}

// Error gives both languages, one line each, then the system's own words.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s %s", p.Zh, p.FixZh, p.En, p.FixEn)
	if p.Detail != "" {
		fmt.Fprintf(&b, "\n%s", p.Detail)
	} else if p.Cause != nil {
		fmt.Fprintf(&b, "\n(%v)", p.Cause)
	}
	return b.String()
}

// Unwrap gives the system's error.
func (p *Problem) Unwrap() error { return p.Cause }

// ProblemCode gives the code of a Problem in err's chain, or "".
func ProblemCode(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

var fullDiskSigns = []string{"no space left on device", "errcode: 28", "error: 28", "database or disk is full", "disk is full", "error number 28"}

// diskFull tells whether an error or a server's log speaks of a full disk.
func diskFull(err error, logTail string) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	tail := strings.ToLower(logTail)
	for _, sign := range fullDiskSigns {
		if strings.Contains(tail, sign) {
			return true
		}
	}
	return false
}

// DiskFullProblem names the folder that has no room left.
func DiskFullProblem(dir string, cause error, detail string) *Problem {
	return &Problem{
		Code:  "disk-full",
		Zh:    fmt.Sprintf("磁盘空间不足，无法写入 %s。", dir),
		En:    fmt.Sprintf("The disk that holds %s is full.", dir),
		FixZh: "请清理磁盘，或用 --data 指定其他磁盘上的目录后重试。",
		FixEn: "Free some space, or name a folder on another disk with --data, and start again.",
		Cause: cause, Detail: detail,
	}
}

// wrapFileError turns a full disk or a forbidden folder into a Problem and leaves every other error wrapped.
func wrapFileError(dir, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case diskFull(err, ""):
		return DiskFullProblem(dir, err, "")
	case errors.Is(err, os.ErrPermission):
		return &Problem{
			Code:  "folder-not-writable",
			Zh:    fmt.Sprintf("没有权限写入 %s。", dir),
			En:    fmt.Sprintf("%s can not be written to.", dir),
			FixZh: "请修改该目录的属主或权限，或用 --data 指定其他目录。",
			FixEn: "Change its owner or mode, or name another folder with --data.",
			Cause: err,
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
