package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// ImportCmd imports a spreadsheet through the running API.
type ImportCmd struct {
	Remote
	Kind      string `help:"What the rows are: roster, receivables or payments." required:""`
	Community string `help:"Name of the community; a roster makes one that does not exist." required:""`
	DryRun    bool   `help:"Check only; nothing is written."`
	Partial   bool   `help:"Write the good rows although others have problems."`
	Mapping   string `help:"JSON object from a header of the file to one of the columns." placeholder:"JSON"`
	File      string `arg:"" help:".xlsx, or .csv in UTF-8 or GB18030." type:"existingfile"`
}

// importUpload is what one import hands in.
type importUpload struct {
	kind, community, fileName, mapping string
	content                            []byte
	dryRun, partial                    bool
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
		Row     int    `json:"row"`
		Column  string `json:"column"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"problems"`
	Progress struct {
		Done  int `json:"done"`
		Total int `json:"total"`
	} `json:"progress"`
}

// errImportFailed ends the command with status 1 after everything has been said.
var errImportFailed = errors.New("导入未完成，没有写入任何数据 / the import failed, nothing was written")

// Run uploads the file, follows the import and shows what it came to.
func (c *ImportCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	upload := importUpload{
		kind: c.Kind, community: c.Community, fileName: filepath.Base(c.File), mapping: c.Mapping, content: content, dryRun: c.DryRun, partial: c.Partial,
	}
	v, err := runImport(ctx, api, upload, importProgress)
	if err != nil {
		return err
	}
	fmt.Println(importTable(v))
	if v.Status != "done" {
		return errImportFailed
	}
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
	for _, f := range [][2]string{
		{"kind", u.kind}, {"community", u.community}, {"dry_run", strconv.FormatBool(u.dryRun)}, {"partial", strconv.FormatBool(u.partial)}, {"mapping", u.mapping},
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
