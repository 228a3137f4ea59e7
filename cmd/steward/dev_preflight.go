package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"steward/devstack"
)

// What a start needs in free disk space: the database's own files, and room to work.
const (
	firstStartMiB = 1024
	laterStartMiB = 300
	lowDiskMiB    = 200
)

// lockDataFolder keeps a second dev off the folder; the lock goes with the process.
func lockDataFolder(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, folderProblem(dir, err)
	}
	path := filepath.Join(dir, "dev.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, folderProblem(dir, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		_ = f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the data folder: %w", err)
		}
		return nil, &devstack.Problem{
			Code:  "already-running",
			Zh:    fmt.Sprintf("另一个 steward dev（进程号 %s）正在使用 %s。", strings.TrimSpace(string(holder)), dir),
			En:    fmt.Sprintf("Another steward dev (process %s) is using %s.", strings.TrimSpace(string(holder)), dir),
			FixZh: "请先停止它，或用 --data 和 --listen 另开一套。",
			FixEn: "Stop it first, or run a second one with --data and --listen of its own.",
		}
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid()))); err != nil {
		_ = f.Close()
		return nil, folderProblem(dir, err)
	}
	return func() { _ = f.Close() }, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// preflight finds what would make the start fail later and less clearly.
func (s devSettings) preflight() error {
	if err := s.checkDisk(); err != nil {
		return err
	}
	for _, name := range []string{"api", "worker"} {
		if _, err := devstack.EndLeftover(s.pidFile(name), s.keyFile()); err != nil {
			return err
		}
	}
	return waitForPort(s.listen)
}

func (s devSettings) checkDisk() error {
	need := uint64(laterStartMiB)
	if _, err := os.Stat(s.mysqlData()); errors.Is(err, os.ErrNotExist) {
		need = firstStartMiB
	}
	free, err := devstack.FreeMiB(s.dir)
	if err != nil || free >= need {
		return err
	}
	p := devstack.DiskFullProblem(s.dir, nil, "")
	p.Zh = fmt.Sprintf("磁盘空间不足：%s 所在磁盘剩余 %d MiB，至少需要 %d MiB。", s.dir, free, need)
	p.En = fmt.Sprintf("The disk that holds %s has %d MiB left; at least %d MiB are needed.", s.dir, free, need)
	return p
}

const portPatience = 3 * time.Second

// waitForPort gives the API of a run that was just killed a moment to let go of the port.
func waitForPort(address string) error {
	var err error
	for until := time.Now().Add(portPatience); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if err = devstack.PortFree(address); err == nil {
			return nil
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			break
		}
	}
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		host, _, _ := net.SplitHostPort(address)
		return &devstack.Problem{
			Code: "address-not-here",
			Zh:   fmt.Sprintf("地址 %s 不属于本机。", host), En: fmt.Sprintf("%s is not an address of this machine.", host),
			FixZh: "请使用 127.0.0.1 或 0.0.0.0，例如 --listen 127.0.0.1:8080。", FixEn: "Use 127.0.0.1 or 0.0.0.0, as in --listen 127.0.0.1:8080.",
			Cause: err,
		}
	}
	return portTaken(address, err)
}

func portTaken(address string, cause error) error {
	host, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return &devstack.Problem{
		Code:  "port-taken",
		Zh:    fmt.Sprintf("地址 %s 无法监听，可能已被其他程序占用。", address),
		En:    fmt.Sprintf("%s can not be listened on; another program probably holds it.", address),
		FixZh: fmt.Sprintf("请停止占用它的程序，或改用其他端口：make run ARGS=\"--listen %s\"。", net.JoinHostPort(host, strconv.Itoa(n+1))),
		FixEn: fmt.Sprintf("Stop that program, or take another port: make run ARGS=\"--listen %s\".", net.JoinHostPort(host, strconv.Itoa(n+1))),
		Cause: cause,
	}
}

// resolveListen turns the flag into an address with a real port, and the address that people on this machine type.
func resolveListen(flag string) (listen, baseURL string, err error) {
	host, port, err := net.SplitHostPort(flag)
	if err == nil {
		var n int
		if n, err = strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
			err = fmt.Errorf("port %d is not between 0 and 65535", n)
		}
	}
	if err != nil {
		return "", "", &devstack.Problem{
			Code: "bad-listen",
			Zh:   fmt.Sprintf("--listen %q 不是有效的地址。", flag), En: fmt.Sprintf("--listen %q is not an address.", flag),
			FixZh: "请使用 127.0.0.1:8080 的写法。", FixEn: "Write it as 127.0.0.1:8080.", Cause: err,
		}
	}
	if port == "0" {
		free, err := devstack.FreePort()
		if err != nil {
			return "", "", err
		}
		port = strconv.Itoa(free)
	}
	shown := host
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		shown = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), "http://" + net.JoinHostPort(shown, port), nil
}

func folderProblem(dir string, err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return devstack.DiskFullProblem(dir, err, "")
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EEXIST), errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist), errors.Is(err, unix.EROFS):
		return &devstack.Problem{
			Code:  "folder-not-writable",
			Zh:    fmt.Sprintf("无法在 %s 建立数据目录。", dir),
			En:    fmt.Sprintf("%s can not be used as a data folder.", dir),
			FixZh: "请检查路径和权限，或用 --data 指定其他目录。", FixEn: "Check the path and its mode, or name another folder with --data.",
			Cause: err,
		}
	}
	return fmt.Errorf("prepare the data folder: %w", err)
}
