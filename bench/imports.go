package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/importing"
	"steward/spreadsheet"
	"steward/store"
)

// importing is measured in a process of its own, whose peak of memory is then its own too.
const childEnv = "STEWARD_BENCH_IMPORT"

// childJob is what such a process is asked for.
type childJob struct {
	DSN      string `json:"dsn"`
	OrgID    string `json:"org_id"`
	File     string `json:"file"`
	OneByOne bool   `json:"one_by_one"` // a transaction for every row
	RollBack bool   `json:"roll_back"`
}

// imported is one run of a roster: first, again, and taken back.
type imported struct {
	Name       string        `json:"name"`
	Rows       int           `json:"rows"`
	First      time.Duration `json:"first"`
	Again      time.Duration `json:"again"`
	RolledBack time.Duration `json:"rolled_back"`
	PeakMB     float64       `json:"peak_mb"`
}

// imports measures a roster of so many rows as the worker takes it, and beside it a shorter one with a transaction a row.
func (g *ground) imports(ctx context.Context, rows, oneByOne int) ([]imported, error) {
	var out []imported
	for _, run := range []struct {
		name string
		rows int
		job  childJob
	}{
		{"in batches", rows, childJob{RollBack: true}},
		{"a transaction a row", oneByOne, childJob{OneByOne: true}},
	} {
		if run.rows == 0 {
			continue
		}
		run.job.File = filepath.Join(g.dir, fmt.Sprintf("roster-%d.xlsx", run.rows))
		if err := writeRoster(run.job.File, run.rows); err != nil {
			return nil, err
		}
		run.job.DSN, run.job.OrgID = g.mysql.DSN(), g.orgID
		one, err := runChild(ctx, run.job)
		if err != nil {
			return nil, err
		}
		one.Name = run.name
		out = append(out, one)
	}
	return out, nil
}

// writeRoster makes a workbook as an office would hand it in: a title, eleven columns, one household a row.
func writeRoster(path string, rows int) error {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	sheet, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return fmt.Errorf("make a roster: %w", err)
	}
	lines := [][]any{
		{"房屋业主清册"},
		{"楼栋", "单元", "房号(必填)", "建筑面积(㎡)", "套内面积", "楼层", "房屋类型", "业主姓名", "手机号", "身份证号", "交付日期"},
	}
	for n := range rows {
		lines = append(lines, []any{fmt.Sprintf("%d号楼", n/600+1), fmt.Sprintf("%d单元", n/200%3+1), fmt.Sprintf("%d%02d", n%200/4+1, n%4+1), 80.5 + float64(n%40),
			70.5 + float64(n%40), n%200/4 + 1, "住宅", fmt.Sprintf("测试%06d", n), fmt.Sprintf("139%08d", n), chineseID(n), 43831 + n%2000})
	}
	for i, line := range lines {
		if err := sheet.SetRow("A"+strconv.Itoa(i+1), line); err != nil {
			return fmt.Errorf("make a roster: %w", err)
		}
	}
	if err := sheet.Flush(); err != nil {
		return fmt.Errorf("make a roster: %w", err)
	}
	return book.SaveAs(path)
}

// chineseID makes an ID number that no other row has: its check digit follows GB 11643.
func chineseID(n int) string {
	day := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/900)
	digits := fmt.Sprintf("110101%s%03d", day.Format("20060102"), n%900)
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[i]-'0') * weight
	}
	return digits + string("10X98765432"[sum%11])
}

func runChild(ctx context.Context, job childJob) (imported, error) {
	var out imported
	self, err := os.Executable()
	if err != nil {
		return out, fmt.Errorf("find this program: %w", err)
	}
	asked, err := json.Marshal(job)
	if err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(asked))
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("import in a process of its own: %w", err)
	}
	return out, json.Unmarshal(answer, &out)
}

// child does one job and prints what came of it.
func child(ctx context.Context, asked string) error {
	debug.SetGCPercent(50) // as the worker does
	var job childJob
	if err := json.Unmarshal([]byte(asked), &job); err != nil {
		return err
	}
	db, err := store.Open(ctx, job.DSN, connections)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	clock, err := store.OpenClock(ctx, db)
	if err != nil {
		return err
	}
	defer clock.Close()
	secret := sha256.Sum256([]byte("a key for measuring"))
	keys, err := store.NewKeyRing(secret[:])
	if err != nil {
		return err
	}
	s := store.New(db, keys, clock)
	i := importRun{job: job, store: s, steps: &activities.Importing{Store: s, Sheets: spreadsheet.New(), Clock: clock}}
	out, err := i.measure(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

type importRun struct {
	job   childJob
	store *store.Store
	steps *activities.Importing
}

func (r importRun) measure(ctx context.Context) (imported, error) {
	var out imported
	began := time.Now()
	first, err := r.once(ctx)
	if err != nil {
		return out, err
	}
	out.First, out.Rows = time.Since(began), first.Rows
	began = time.Now()
	second, err := r.once(ctx)
	if err != nil {
		return out, err
	}
	out.Again = time.Since(began)
	if second.Unchanged != out.Rows {
		return out, fmt.Errorf("the same file again changed something: %+v", second.Counts)
	}
	if out.PeakMB, err = peakMB(); err != nil {
		return out, err
	}
	if !r.job.RollBack {
		return out, nil
	}
	began = time.Now()
	if _, err := r.store.RollBackImport(ctx, access.ForSystem(r.job.OrgID), first.ID); err != nil {
		return out, err
	}
	out.RolledBack = time.Since(began)
	return out, nil
}

// once takes the file through the steps of the process.
func (r importRun) once(ctx context.Context) (importing.Job, error) {
	content, err := os.ReadFile(r.job.File)
	if err != nil {
		return importing.Job{}, err
	}
	sc := access.ForSystem(r.job.OrgID)
	job, err := r.store.CreateImport(ctx, sc, importing.Request{
		Kind: importing.Roster, Community: "导入测试" + strconv.FormatBool(r.job.OneByOne), FileName: filepath.Base(r.job.File), Content: content,
	})
	if err != nil {
		return job, err
	}
	ref := importing.Ref{OrgID: r.job.OrgID, ImportID: job.ID}
	checked, err := r.steps.Check(ctx, ref)
	if err != nil {
		return job, err
	}
	if r.job.OneByOne {
		if checked.Batches, err = r.splitRows(ctx, ref); err != nil {
			return job, err
		}
	}
	for n := range checked.Batches {
		if err := r.steps.Apply(ctx, importing.BatchRef{Ref: ref, Batch: n}); err != nil {
			return job, err
		}
	}
	if err := r.steps.Finish(ctx, ref); err != nil {
		return job, err
	}
	job, err = r.store.Import(ctx, sc, job.ID)
	if err == nil && job.Status != importing.Done {
		err = fmt.Errorf("the import ended %s: %v", job.Status, job.Problems)
	}
	return job, err
}

// splitRows stores the check again with one row in every batch.
func (r importRun) splitRows(ctx context.Context, ref importing.Ref) (int, error) {
	sc := access.ForSystem(ref.OrgID)
	content, err := os.ReadFile(r.job.File)
	if err != nil {
		return 0, err
	}
	reading := importing.NewReading(importing.Roster, "导入测试true", nil, time.Now())
	if err := r.steps.Sheets.Read(r.job.File, content, reading.Take); err != nil {
		return 0, err
	}
	rows := reading.Result().Good.Roster
	batches := make([]importing.Rows, len(rows))
	for i := range rows {
		batches[i] = importing.Rows{Roster: rows[i : i+1]}
	}
	return len(batches), r.store.SaveImportVerdict(ctx, sc, ref.ImportID, importing.Verdict{Rows: len(rows), Batches: batches})
}

// peakMB is the most memory that this process has held at once.
func peakMB() (float64, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read this process's memory: %w", err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("this system does not tell a process's peak of memory")
}
