package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/domain/access"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/domain/refusal"
	"steward/domain/report"
)

// Imports stores spreadsheets to be imported and tells how they fare.
type Imports interface {
	CreateImport(ctx context.Context, s access.Scope, r importing.Request) (importing.Job, error)
	Import(ctx context.Context, s access.Scope, id string) (importing.Job, error)
	// Imports lists those of one community, or of all when communityID is empty.
	Imports(ctx context.Context, s access.Scope, communityID string, q page.Query) (page.Of[importing.Job], error)
	ImportEffects(ctx context.Context, s access.Scope, id string, which importing.EffectFilter, q page.Query) (page.Of[importing.Effect], error)
	ImportMapping(ctx context.Context, s access.Scope, community string, kind importing.Kind) (map[string]string, error)
	RollBackImport(ctx context.Context, s access.Scope, id string) (importing.Job, error)
}

// SheetChecker looks at what an uploaded file is before it is stored; what cannot be imported is a refusal. It also writes
// the forms that people fill in.
type SheetChecker interface {
	Check(fileName string, content []byte) error
	importing.SheetReader
	// Template gives the empty form of a kind, with its file name.
	Template(kind importing.Kind) (fileName string, content []byte, err error)
	// WriteReport writes a report as an .xlsx.
	WriteReport(w io.Writer, r report.Report) error
}

const (
	maxImportFile = 20 << 20
	maxImportBody = maxImportFile + 4<<20 // with the form around the file, and room to say which limit a file is over
)

type importForm struct {
	Kind      string        `form:"kind" required:"true" doc:"What the rows are: roster, owners, tenants, vehicles, receivables, payments, fee_items, meter_readings, bank_statements, equipment or staff." maxLength:"20"`
	Community string        `form:"community" required:"true" maxLength:"200" doc:"Name of the community; a roster makes one that does not exist."`
	File      huma.FormFile `form:"file" required:"true" doc:".xlsx, or .csv in UTF-8 or GB18030; at most 20 MB."`
	DryRun    string        `form:"dry_run" required:"false" doc:"true checks only: nothing is written."`
	Partial   string        `form:"partial" required:"false" doc:"true writes the good rows although others have problems."`
	Mapping   string        `form:"mapping" required:"false" maxLength:"20000" doc:"JSON object from a header of the file to one of the columns, or to an empty text to leave the column out. It is laid over the one saved for the community."`
	Save      string        `form:"save_mapping" required:"false" doc:"true keeps the mapping for the community's next files of this kind; an empty one forgets what was kept."`
	SHA256    string        `form:"sha256" required:"false" maxLength:"64" doc:"Of the file, in hexadecimal: a file that changed while it was sent is refused."`
}

type importInput struct {
	RawBody huma.MultipartFormFiles[importForm]
}

type importStarted struct {
	ID     string           `json:"id"`
	Status importing.Status `json:"status" enum:"running,done,failed"`
}

type importIDInput struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Server) registerImports() {
	register(s, op{Method: http.MethodPost, Path: "/imports", ID: "create-import", Summary: "Import a spreadsheet", Tag: "Imports",
		Status: http.StatusAccepted, Idempotent: true, MaxBody: maxImportBody}, s.createImport)
	register(s, op{Method: http.MethodPost, Path: "/imports/inspect", ID: "inspect-import", Summary: "See how a file would be read: sheets, columns, what is missing; nothing is kept", Tag: "Imports",
		MaxBody: maxImportBody}, s.inspectImport)
	register(s, op{Method: http.MethodGet, Path: "/imports", ID: "list-imports", Summary: "Imports, newest first, without their problems", Tag: "Imports"},
		func(ctx context.Context, in *struct {
			CommunityID string `query:"community_id" maxLength:"40"`
			PageQuery
		}) (*answer[page.Of[importing.Job]], error) {
			p, err := s.store.Imports(ctx, scopeOf(ctx), in.CommunityID, in.page())
			return reply(p), err
		})
	register(s, op{Method: http.MethodGet, Path: "/imports/{id}", ID: "get-import", Summary: "One import with its problems", Tag: "Imports"},
		func(ctx context.Context, in *importIDInput) (*answer[importing.Job], error) {
			j, err := s.store.Import(ctx, scopeOf(ctx), in.ID)
			return reply(j), err
		})
	register(s, op{Method: http.MethodPost, Path: "/imports/{id}/rollback", ID: "roll-back-import", Summary: "Take an import back", Tag: "Imports", Idempotent: true,
		Timeout: rollBackTimeout}, s.rollBackImport)
	register(s, op{Method: http.MethodGet, Path: "/imports/{id}/rows", ID: "list-import-rows", Summary: "What an import does, or a dry run would do, row by row; rejected rows are its problems", Tag: "Imports"},
		func(ctx context.Context, in *importRowsInput) (*answer[page.Of[importing.Effect]], error) {
			p, err := s.store.ImportEffects(ctx, scopeOf(ctx), in.ID, importing.EffectFilter(in.Outcome), in.page())
			return reply(p), err
		})
}

// rollBackTimeout is for the largest import, on a busy machine; the answer still goes out within slowestAnswer.
const rollBackTimeout = 100 * time.Second

// rollBackImport goes on although the caller hangs up: a repeat would have to begin anew, and might never end.
func (s *Server) rollBackImport(ctx context.Context, in *importIDInput) (*answer[importing.Job], error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollBackTimeout)
	defer cancel()
	j, err := s.store.RollBackImport(ctx, scopeOf(ctx), in.ID)
	return reply(j), err
}

type importRowsInput struct {
	ID      string `path:"id" maxLength:"40"`
	Outcome string `query:"outcome" maxLength:"20" doc:"created, updated or doubtful; all of them when left out."`
	PageQuery
}

func (s *Server) createImport(ctx context.Context, in *importInput) (*answer[importStarted], error) {
	form := in.RawBody.Data()
	r, err := importRequest(form)
	if err != nil {
		return nil, err
	}
	if err := r.Kind.Accept(); err != nil {
		return nil, err
	}
	if s.deps.Sheets != nil {
		if err := s.deps.Sheets.Check(r.FileName, r.Content); err != nil {
			return nil, err
		}
	}
	job, err := s.store.CreateImport(ctx, scopeOf(ctx), r)
	return reply(importStarted{ID: job.ID, Status: job.Status}), err
}

type inspectForm struct {
	Kind      string        `form:"kind" required:"false" doc:"As for an import; guessed when left out." maxLength:"20"`
	Community string        `form:"community" required:"false" maxLength:"200" doc:"Whose saved mapping is used."`
	File      huma.FormFile `form:"file" required:"true" doc:".xlsx, or .csv in UTF-8 or GB18030; at most 20 MB."`
	Mapping   string        `form:"mapping" required:"false" maxLength:"20000" doc:"As for an import."`
}

type inspectInput struct {
	RawBody huma.MultipartFormFiles[inspectForm]
}

func (s *Server) inspectImport(ctx context.Context, in *inspectInput) (*answer[importing.Inspection], error) {
	form := in.RawBody.Data()
	kind := importing.Kind(strings.TrimSpace(form.Kind))
	if kind != "" {
		if err := kind.Accept(); err != nil {
			return nil, err
		}
	}
	saved, err := s.store.ImportMapping(ctx, scopeOf(ctx), form.Community, kind)
	if err != nil {
		return nil, err
	}
	given, err := formMapping(form.Mapping)
	if err != nil {
		return nil, err
	}
	content, err := readFormFile(form.File)
	if err != nil {
		return nil, err
	}
	if s.deps.Sheets == nil {
		return nil, errors.New("inspect a file: no reader of spreadsheets is wired")
	}
	inspector := importing.NewInspector(kind, given, saved)
	err = s.deps.Sheets.Read(form.File.Filename, content, func(l importing.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return inspector.Take(l)
	})
	if err != nil {
		return nil, err
	}
	return reply(inspector.Inspection()), nil
}

func formMapping(text string) (map[string]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var mapping map[string]string
	if err := json.Unmarshal([]byte(text), &mapping); err != nil {
		return nil, refusal.New(refusal.Malformed, "invalid-parameter", "mapping 应为 JSON 对象，如 {\"门牌\":\"房号\"}。").At("body.mapping", "不是 JSON 对象", nil)
	}
	return mapping, nil
}

func importRequest(form *importForm) (importing.Request, error) {
	r := importing.Request{Kind: importing.Kind(strings.TrimSpace(form.Kind)), Community: form.Community, FileName: form.File.Filename}
	var err error
	if r.DryRun, err = formBool("dry_run", form.DryRun); err != nil {
		return r, err
	}
	if r.Partial, err = formBool("partial", form.Partial); err != nil {
		return r, err
	}
	if r.SaveMapping, err = formBool("save_mapping", form.Save); err != nil {
		return r, err
	}
	if r.Mapping, err = formMapping(form.Mapping); err != nil {
		return r, err
	}
	if r.Content, err = readFormFile(form.File); err != nil {
		return r, err
	}
	return r, sameContent(r.Content, form.SHA256)
}

// sameContent refuses a file that is not the one whose digest came with it.
func sameContent(content []byte, want string) error {
	if want = strings.TrimSpace(want); want == "" {
		return nil
	}
	if sum := sha256.Sum256(content); !strings.EqualFold(hex.EncodeToString(sum[:]), want) {
		return refusal.New(refusal.Rule, "file-changed", "文件在上传过程中发生了变化。请先保存并关闭正在编辑它的程序，再重新上传。").At("body.sha256", "与收到的文件不一致", want)
	}
	return nil
}

// formBool reads the ways in which forms say yes and no.
func formBool(name, text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "on", "yes":
		return true, nil
	case "", "false", "0", "off", "no":
		return false, nil
	}
	return false, refusal.New(refusal.Malformed, "invalid-parameter", "%s 应为 true 或 false。", name).At("body."+name, "应为 true 或 false", text)
}

func readFormFile(f multipart.File) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(f, maxImportFile+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the uploaded file: %w", err)
	}
	if len(content) > maxImportFile {
		return nil, refusal.New(refusal.TooLarge, "file-too-large", "文件超过 %d MB，请按楼栋拆分后分别导入。", maxImportFile>>20)
	}
	return content, nil
}
