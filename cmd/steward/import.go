package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// ImportCmd brings spreadsheets in through the running API, and takes imports back.
type ImportCmd struct {
	File     ImportFileCmd     `cmd:"" default:"withargs" help:"Import a spreadsheet."`
	Rollback ImportRollbackCmd `cmd:"" help:"Take an import back as a whole, while nothing stands on it."`
	Template ImportTemplateCmd `cmd:"" help:"Write an empty form of a kind, with examples and lists to choose from."`
}

// ImportFileCmd imports one file.
type ImportFileCmd struct {
	Remote
	Kind        string `help:"What the rows are: roster, owners, tenants, vehicles, receivables, payments, fee_items, meter_readings, equipment, staff or bank_statements." required:"" placeholder:"KIND"`
	Community   string `help:"Name of the community; a roster makes one that does not exist." required:""`
	DryRun      bool   `help:"Check only, and show what would change; nothing is written."`
	Partial     bool   `help:"Write the good rows although others have problems."`
	Mapping     string `help:"JSON object from a header of the file to one of the columns, or to an empty text to leave it out." placeholder:"JSON"`
	SaveMapping bool   `help:"Keep the mapping for the community's next files of this kind."`
	File        string `arg:"" help:".xlsx, or .csv in UTF-8 or GB18030." type:"existingfile"`
}

// importUpload is what one import hands in.
type importUpload struct {
	kind, community, fileName, mapping string
	content                            []byte
	dryRun, partial, saveMapping       bool
}

// importView is the part of an import that the terminal shows.
type importView struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Rejected  int    `json:"rejected"`
	DryRun    bool   `json:"dry_run"`
	Problems  []struct {
		Sheet   string `json:"sheet"`
		Row     int    `json:"row"`
		Column  string `json:"column"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"problems"`
	Notices []struct {
		Sheet   string `json:"sheet"`
		Column  string `json:"column"`
		Message string `json:"message"`
	} `json:"notices"`
	Progress struct {
		Done  int `json:"done"`
		Total int `json:"total"`
	} `json:"progress"`
}

// errImportFailed ends the command with status 1 after everything has been said.
var errImportFailed = errors.New("导入未完成，没有写入任何数据 / the import failed, nothing was written")

// Run uploads the file, follows the import and shows what it came to.
func (c *ImportFileCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	content, err := readUnchanged(c.File)
	if err != nil {
		return err
	}
	upload := importUpload{
		kind: c.Kind, community: c.Community, fileName: filepath.Base(c.File), mapping: c.Mapping, content: content,
		dryRun: c.DryRun, partial: c.Partial, saveMapping: c.SaveMapping,
	}
	v, err := runImport(ctx, api, upload, importProgress)
	if err != nil {
		return err
	}
	fmt.Println(importTable(v))
	if c.DryRun && v.Status == "done" {
		if err := printEffects(ctx, api, v.ID); err != nil {
			return err
		}
	}
	if v.Status != "done" {
		return errImportFailed
	}
	return nil
}

// readUnchanged reads a file that nobody writes to meanwhile.
func readUnchanged(path string) ([]byte, error) {
	before, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	after, err := os.Stat(path)
	if err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) || int64(len(content)) != after.Size() {
		return nil, fmt.Errorf("%s 在读取时发生了变化，请保存并关闭正在编辑它的程序后重试 / %[1]s changed while it was read: save it, close it and try again", path)
	}
	return content, nil
}

// shownEffects is how many rows of a dry run fit a terminal; the API has them all.
const shownEffects = 20

// printEffects shows what a dry run would do row by row.
func printEffects(ctx context.Context, api *apiClient, id string) error {
	var rows struct {
		Items []struct {
			Row     int    `json:"row"`
			Outcome string `json:"outcome"`
			Subject string `json:"subject"`
			Changes []struct {
				Column string `json:"column"`
				Old    string `json:"old"`
				New    string `json:"new"`
			} `json:"changes"`
			Doubts []struct {
				Message string `json:"message"`
			} `json:"doubts"`
		} `json:"items"`
		NextCursor *string `json:"next_cursor"`
	}
	if err := api.get(ctx, fmt.Sprintf("/imports/%s/rows?limit=%d", id, shownEffects), &rows); err != nil {
		return fmt.Errorf("ask for the rows of the dry run: %w", err)
	}
	if len(rows.Items) == 0 {
		return nil
	}
	outcomes := map[string]string{"created": "新增", "updated": "修改", "unchanged": "未变"}
	t := newTable("行 row", "结果", "对象", "改动")
	for _, r := range rows.Items {
		var what []string
		for _, c := range r.Changes {
			what = append(what, fmt.Sprintf("%s：%s → %s", c.Column, cmp.Or(c.Old, "（空）"), c.New))
		}
		for _, d := range r.Doubts {
			what = append(what, "疑问："+d.Message)
		}
		t.AppendRow(table.Row{r.Row, outcomes[r.Outcome], r.Subject, strings.Join(what, "\n")})
	}
	fmt.Println(t.Render())
	if rows.NextCursor != nil {
		fmt.Printf("… 其余见 GET /api/v1/imports/%s/rows / and more\n", id)
	}
	return nil
}

// ImportRollbackCmd takes one import back.
type ImportRollbackCmd struct {
	Remote
	ID string `arg:"" help:"The import's id."`
}

// Run asks the API, which says what stands in the way if anything does.
func (c *ImportRollbackCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	var v importView
	if err := api.post(ctx, "/imports/"+url.PathEscape(c.ID)+"/rollback", struct{}{}, &v); err != nil {
		return fmt.Errorf("roll back the import: %w", err)
	}
	fmt.Printf("已撤销 / rolled back  %s\n", v.ID)
	return nil
}

const importPoll = 200 * time.Millisecond

// runImport uploads a file and waits until its import has ended; progress hears of every look.
func runImport(ctx context.Context, api *apiClient, u importUpload, progress func(importView)) (importView, error) {
	var v importView
	form, kind, err := u.form()
	if err != nil {
		return v, err
	}
	if err := api.command(ctx, "/imports", kind, form, &v); err != nil {
		return v, fmt.Errorf("import %s: %w", u.fileName, err)
	}
	id := v.ID
	for {
		v = importView{}
		if err := api.get(ctx, "/imports/"+id, &v); err != nil {
			return v, fmt.Errorf("ask for the import: %w", err)
		}
		progress(v)
		if v.Status != "running" {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, fmt.Errorf("stopped watching; import %s goes on: %w", id, ctx.Err())
		case <-time.After(importPoll):
		}
	}
}

func (u importUpload) form() (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	sum := sha256.Sum256(u.content)
	for _, f := range [][2]string{
		{"kind", u.kind}, {"community", u.community}, {"dry_run", strconv.FormatBool(u.dryRun)}, {"partial", strconv.FormatBool(u.partial)},
		{"mapping", u.mapping}, {"save_mapping", strconv.FormatBool(u.saveMapping)}, {"sha256", hex.EncodeToString(sum[:])},
	} {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", fmt.Errorf("write the form: %w", err)
		}
	}
	part, err := w.CreateFormFile("file", u.fileName)
	if err == nil {
		_, err = part.Write(u.content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("write the form: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// importProgress shows how far it is, on a terminal only.
func importProgress(v importView) {
	if !isTerminal(os.Stderr) {
		return
	}
	switch {
	case v.Status != "running":
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	case v.Progress.Total == 0:
		fmt.Fprint(os.Stderr, "\r\x1b[K检查文件 / checking ...")
	default:
		fmt.Fprintf(os.Stderr, "\r\x1b[K写入 / writing %d / %d", v.Progress.Done, v.Progress.Total)
	}
}

// shownProblems is how many problems fit a terminal; the API has them all.
const shownProblems = 50

func importTable(v importView) string {
	title := "导入完成 / imported"
	switch {
	case v.Status != "done":
		title = "导入失败 / failed"
	case v.DryRun:
		title = "试运行，未写入 / dry run, nothing written"
	}
	text := fmt.Sprintf("%s  %s\n行数 rows: %d   新增 created: %d   更新 updated: %d   未变 unchanged: %d   有问题 rejected: %d",
		title, v.ID, v.Rows, v.Created, v.Updated, v.Unchanged, v.Rejected)
	for _, n := range v.Notices {
		text += "\n提示："
		if n.Sheet != "" {
			text += "［" + n.Sheet + "］"
		}
		text += n.Message
	}
	if len(v.Problems) == 0 {
		return text
	}
	t := newTable("行 row", "列 column", "代码 code", "说明")
	for i, p := range v.Problems {
		if i == shownProblems {
			break
		}
		t.AppendRow(table.Row{p.Row, p.Column, p.Code, p.Message})
	}
	text += "\n" + t.Render()
	if more := len(v.Problems) - shownProblems; more > 0 {
		text += fmt.Sprintf("\n… 还有 %d 个问题，见 GET /api/v1/imports/%s / and %d more", more, v.ID, more)
	}
	return text
}
