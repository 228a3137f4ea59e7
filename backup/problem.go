package backup

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"steward/devstack"
)

// fileProblem turns a full disk, a folder that may not be written, and one that is not there into words with a remedy.
func fileProblem(path, doing string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &devstack.Problem{
			Code: "disk-full",
			Zh:   fmt.Sprintf("磁盘空间不足，无法写入 %s；未留下不完整的文件。", path), En: fmt.Sprintf("The disk that holds %s is full; nothing half written was left.", path),
			FixZh: "请清理磁盘，或改用其他磁盘上的目录后重试。", FixEn: "Free some space, or name a folder on another disk, and run it again.", Cause: err,
		}
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return &devstack.Problem{
			Code: "folder-not-writable",
			Zh:   fmt.Sprintf("没有权限访问 %s。", path), En: fmt.Sprintf("%s can not be written or read.", path),
			FixZh: "请修改该目录的属主或权限，或指定其他目录。", FixEn: "Change its owner or mode, or name another folder.", Cause: err,
		}
	case errors.Is(err, os.ErrNotExist):
		return &devstack.Problem{
			Code: "not-there",
			Zh:   fmt.Sprintf("找不到 %s。", path), En: fmt.Sprintf("%s is not there.", path),
			FixZh: "请检查路径。", FixEn: "Check the path.", Cause: err,
		}
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, os.ErrExist):
		return &devstack.Problem{
			Code: "not-a-folder",
			Zh:   fmt.Sprintf("%s 不是可用的目录。", path), En: fmt.Sprintf("%s is no folder that can be used.", path),
			FixZh: "请指定一个目录。", FixEn: "Name a folder.", Cause: err,
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func notABackup(dir string, cause error) error {
	return &devstack.Problem{
		Code: "not-a-backup",
		Zh:   fmt.Sprintf("%s 不是 steward 的备份（缺少有效的 manifest.json）。", dir), En: fmt.Sprintf("%s is no backup of steward: it has no usable manifest.json.", dir),
		FixZh: "请指定 steward backup 生成的整个目录。", FixEn: "Name the whole folder that steward backup made.", Cause: cause,
	}
}

func newerBackup(dir, program string) error {
	return &devstack.Problem{
		Code: "backup-newer",
		Zh:   fmt.Sprintf("备份 %s 由更新的 steward（%s）生成。", dir, program), En: fmt.Sprintf("The backup %s was made by a newer steward (%s).", dir, program),
		FixZh: "请用该版本或更新的程序恢复。", FixEn: "Restore it with that version or a newer one.",
	}
}

func damaged(dir string, cause error) error {
	return &devstack.Problem{
		Code: "backup-damaged",
		Zh:   fmt.Sprintf("备份 %s 已损坏或不完整，没有恢复任何内容。", dir), En: fmt.Sprintf("The backup %s is damaged or incomplete; nothing of it was restored.", dir),
		FixZh: "请使用另一份备份，或重新复制该目录。", FixEn: "Use another backup, or copy the folder again.", Cause: cause,
	}
}

func wrongKind(s Stored, wanted string) error {
	return &devstack.Problem{
		Code: "backup-of-something-else",
		Zh:   fmt.Sprintf("备份 %s 的类型是 %s，这里需要 %s。", s.Dir, s.Kind, wanted), En: fmt.Sprintf("The backup %s is of %s, and %s is wanted here.", s.Dir, s.Kind, wanted),
		FixZh: "请选择对应的备份，或使用对应的 restore 命令。", FixEn: "Choose the other backup, or the other restore command.",
	}
}

// The errors of a MySQL server that a person can mend.
const (
	errDatabaseDenied = 1044
	errAccessDenied   = 1045
	errNoDatabase     = 1049
	errDiskFull       = 1021
	errTableChanged   = 1412
)

// ServerProblem turns the words of a database server, or that it can't be reached, into a Problem.
func ServerProblem(err error) error {
	var my *mysql.MySQLError
	var network net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &my) && (my.Number == errAccessDenied || my.Number == errDatabaseDenied):
		return accessDenied(err)
	case errors.As(err, &my) && my.Number == errNoDatabase:
		return &devstack.Problem{
			Code: "no-such-database", Zh: "数据库不存在。", En: "There is no such database.",
			FixZh: "请检查地址中的库名，或先建库：CREATE DATABASE ... CHARACTER SET utf8mb4。", FixEn: "Check the name in the address, or make it: CREATE DATABASE ... CHARACTER SET utf8mb4.", Cause: err,
		}
	case errors.As(err, &network):
		return &devstack.Problem{
			Code: "server-away", Zh: "连接不上数据库服务器。", En: "The database server can not be reached.",
			FixZh: "请检查地址和端口，并确认数据库已启动。", FixEn: "Check host and port, and that the server is up.", Cause: err,
		}
	}
	return err
}

func accessDenied(cause error) error {
	return &devstack.Problem{
		Code: "access-denied", Zh: "数据库拒绝登录或缺少权限。", En: "The database server refuses this user, its password, or what it may do.",
		FixZh: "请检查地址中的用户名和密码，并授予该用户对此数据库的全部权限。", FixEn: "Check user and password in the address, and grant the user everything on this database.", Cause: cause,
	}
}

// SchemaChanged refuses a copy during which the schema was changed: what the manifest says would not be true of it.
func SchemaChanged(detail string) error {
	return &devstack.Problem{
		Code: "schema-changed-meanwhile", Zh: "备份期间数据库结构发生了变化，未留下备份。", En: "The schema was changed while the backup was taken; none was left.",
		FixZh: "请在 steward migrate 完成后重试。", FixEn: "Run it again when steward migrate has ended.", Detail: detail,
	}
}

// toolProblem explains why the server's tool ended, by its last words.
func toolProblem(tool string, words string, cause error) error {
	has := func(n int) bool {
		return strings.Contains(words, fmt.Sprintf("error: %d", n)) || strings.Contains(words, fmt.Sprintf("ERROR %d", n)) || strings.Contains(words, fmt.Sprintf("(%d)", n))
	}
	lower := strings.ToLower(words)
	switch {
	case has(errAccessDenied), has(errDatabaseDenied), strings.Contains(lower, "access denied"):
		return accessDenied(errors.New(lastLine(words)))
	case has(errTableChanged), strings.Contains(lower, "definition has changed"):
		return SchemaChanged(lastLine(words))
	case has(errDiskFull), strings.Contains(lower, "no space left"), strings.Contains(lower, "errcode: 28"), strings.Contains(lower, "is full"):
		return &devstack.Problem{
			Code: "server-disk-full", Zh: "数据库服务器的磁盘已满。", En: "The disk of the database server is full.",
			FixZh: "请清理该磁盘后重新运行。", FixEn: "Free some space there and run it again.", Detail: lastLine(words),
		}
	}
	return fmt.Errorf("%s: %w: %s", tool, cause, lastLine(words))
}

func lastLine(words string) string {
	lines := strings.Split(strings.TrimSpace(words), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
