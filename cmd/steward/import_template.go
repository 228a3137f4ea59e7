package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"steward/domain/importing"
	"steward/spreadsheet"
)

// ImportTemplateCmd writes an empty form of a kind, without asking the API.
type ImportTemplateCmd struct {
	Kind  string `help:"What the rows will be: roster, owners, tenants, vehicles, receivables, payments, fee_items, meter_readings, equipment, staff or bank_statements." required:"" placeholder:"KIND"`
	Out   string `help:"Where to write it; its usual name in this folder when left out." placeholder:"FILE" type:"path"`
	Force bool   `help:"Replace a file that is there."`
}

// Run writes the form.
func (c *ImportTemplateCmd) Run() error {
	name, content, err := spreadsheet.New().Template(importing.Kind(c.Kind))
	if err != nil {
		return err
	}
	if c.Out != "" {
		name = c.Out
	}
	how := os.O_CREATE | os.O_WRONLY | os.O_EXCL
	if c.Force {
		how = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	}
	f, err := os.OpenFile(name, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s 已经存在，请换一个文件名，或加 --force 覆盖 / the file is there already: choose another name, or add --force", name)
	}
	if err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	if _, err := f.Write(content); err != nil {
		_ = f.Close()
		return fmt.Errorf("write the template: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	fmt.Println(name)
	return nil
}
