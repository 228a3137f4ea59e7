package api

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// docsPage lists every operation. It is made from the description on the server and needs no script.
var docsPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Steward API</title>
<style>
body{font:15px/1.55 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:#f5f6f8;padding:.75rem;overflow:auto;border-radius:6px}
details{border-top:1px solid #e3e5e8;padding:.45rem 0}summary{cursor:pointer}.m{display:inline-block;width:4.2rem;font-weight:600}
table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:top}h2{margin-top:2rem}
</style></head><body><h1>Steward API {{.Version}}</h1><p>OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a></p>
{{range .Groups}}<h2>{{.Tag}}</h2>{{range .Operations}}<details id="{{.ID}}"><summary><span class="m">{{.Method}}</span> <code>{{.Path}}</code> {{.Summary}}</summary>
{{if .Parameters}}<table>{{range .Parameters}}<tr><td><code>{{.Name}}</code></td><td>{{.In}}{{if .Required}}, required{{end}}</td><td>{{.Description}}</td></tr>{{end}}</table>{{end}}
{{if .Request}}<p>Request</p><pre>{{.Request}}</pre>{{end}}{{if .Response}}<p>Answer {{.Status}}</p><pre>{{.Response}}</pre>{{end}}</details>{{end}}{{end}}
<h2>Schemas</h2>{{range .Schemas}}<details id="schema-{{.Name}}"><summary><code>{{.Name}}</code></summary><pre>{{.Text}}</pre></details>{{end}}
</body></html>`))

type docsOperation struct {
	Method, Path, ID, Summary, Status, Request, Response string
	Parameters                                           []*huma.Param
}

type docsGroup struct {
	Tag        string
	Operations []docsOperation
}

type docsSchema struct{ Name, Text string }

func (s *Server) docs(c *gin.Context) {
	description := s.api.OpenAPI()
	view := struct {
		Version string
		Groups  []docsGroup
		Schemas []docsSchema
	}{Version: s.deps.Version, Groups: groupOperations(description)}
	for name, schema := range description.Components.Schemas.Map() {
		view.Schemas = append(view.Schemas, docsSchema{name, schemaText(schema)})
	}
	slices.SortFunc(view.Schemas, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	var page bytes.Buffer
	if err := docsPage.Execute(&page, view); err != nil {
		s.refuse(c, err)
		return
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
}

func groupOperations(description *huma.OpenAPI) []docsGroup {
	byTag := map[string][]docsOperation{}
	for _, item := range description.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Patch} {
			if o != nil {
				byTag[o.Tags[0]] = append(byTag[o.Tags[0]], docsOf(o))
			}
		}
	}
	var groups []docsGroup
	for tag, operations := range byTag {
		slices.SortFunc(operations, func(a, b docsOperation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
		groups = append(groups, docsGroup{tag, operations})
	}
	slices.SortFunc(groups, func(a, b docsGroup) int { return strings.Compare(a.Tag, b.Tag) })
	return groups
}

func docsOf(o *huma.Operation) docsOperation {
	d := docsOperation{Method: o.Method, Path: o.Path, ID: o.OperationID, Summary: o.Summary, Parameters: o.Parameters}
	if o.RequestBody != nil {
		d.Request = contentText(o.RequestBody.Content)
	}
	for _, status := range []string{"200", "201", "202", "204"} {
		if r := o.Responses[status]; r != nil {
			d.Status, d.Response = status, contentText(r.Content)
			break
		}
	}
	return d
}

func contentText(content map[string]*huma.MediaType) string {
	for kind, media := range content {
		return kind + "\n" + schemaText(media.Schema)
	}
	return ""
}

func schemaText(schema *huma.Schema) string {
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
