package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"steward/domain/refusal"
)

var teachOnce sync.Once

// teachHuma gives huma this product's error body and Chinese messages. Both are process-wide settings of huma.
func teachHuma() {
	teachOnce.Do(func() {
		validation.MsgUnexpectedProperty = "未知字段"
		validation.MsgExpectedRFC3339DateTime = "应为带时区的时间，例如 2026-03-31T09:00:00+08:00"
		validation.MsgExpectedRFC3339Date = "应为日期，格式 YYYY-MM-DD"
		validation.MsgExpectedBoolean = typeMessages[0]
		validation.MsgExpectedNumber = typeMessages[1]
		validation.MsgExpectedInteger = typeMessages[2]
		validation.MsgExpectedString = typeMessages[3]
		validation.MsgExpectedArray = typeMessages[4]
		validation.MsgExpectedObject = typeMessages[5]
		validation.MsgExpectedArrayItemsUnique = "列表中有重复项"
		validation.MsgExpectedOneOf = "应为以下之一：\"%s\""
		validation.MsgExpectedMinimumNumber = "不能小于 %v"
		validation.MsgExpectedExclusiveMinimumNumber = "应大于 %v"
		validation.MsgExpectedMaximumNumber = "不能大于 %v"
		validation.MsgExpectedExclusiveMaximumNumber = "应小于 %v"
		validation.MsgExpectedMinLength = "长度不能少于 %d 个字符"
		validation.MsgExpectedMaxLength = "长度不能超过 %d 个字符"
		validation.MsgExpectedBePattern = "格式应为 %s"
		validation.MsgExpectedMatchPattern = "格式应匹配 %s"
		validation.MsgExpectedMinItems = "至少需要 %d 项"
		validation.MsgExpectedMaxItems = "最多 %d 项"
		validation.MsgExpectedRequiredProperty = missingField + "%s"
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			return newProblem("", status, message, errs)
		}
		huma.NewErrorWithContext = func(hc huma.Context, status int, message string, errs ...error) huma.StatusError {
			ctx := context.Background()
			if hc != nil {
				ctx = hc.Context()
			}
			return newProblem(requestIDOf(ctx), status, message, errs)
		}
	})
}

// typeMessages say that a value has the wrong JSON type: the request is malformed, no rule has looked at it yet.
var typeMessages = []string{"应为布尔值", "应为数字", "应为整数", "应为文本", "应为列表", "应为对象"}

const (
	missingField = "缺少必填字段 " // the field's name follows
	unreadable   = "无法解析"
)

// newProblem turns huma's own refusals into ours: parameters and types that cannot be read are 400, fields of the body
// that are missing or out of range 422.
func newProblem(requestID string, status int, message string, errs []error) *Problem {
	p := &Problem{RequestID: requestID, Status: status}
	malformedBody, malformedParameter := false, false
	for _, err := range errs {
		field := fieldOf(err)
		switch {
		case field.Message == unreadable:
			malformedBody = true
		case strings.HasPrefix(field.Location, "body"):
			malformedBody = malformedBody || slices.Contains(typeMessages, field.Message)
		case field.Location != "":
			malformedParameter = true
		}
		p.Errors = append(p.Errors, field)
	}
	switch {
	case status == http.StatusUnsupportedMediaType:
		p.Code, p.Detail = "unsupported-media-type", "不支持这种请求格式，请使用 application/json。"
	case status == http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "too-large", "请求内容过大。"
	case status == http.StatusRequestTimeout:
		p.Code, p.Detail = "request-timeout", "请求内容接收超时，请重试。"
	case status == http.StatusNotAcceptable:
		p.Code, p.Detail = "not-acceptable", "无法提供所要求的格式。"
	case status == http.StatusBadRequest || (status == http.StatusUnprocessableEntity && malformedBody):
		p.Status, p.Code, p.Detail = http.StatusBadRequest, "malformed-body", "请求内容不是有效的 JSON，或字段类型不对，请检查后重新提交。"
	case status == http.StatusUnprocessableEntity && malformedParameter:
		p.Status, p.Code, p.Detail = http.StatusBadRequest, "invalid-parameter", "请求参数不正确，请按提示修改。"
	case status == http.StatusUnprocessableEntity:
		p.Code, p.Detail = "invalid-field", "填写的内容不符合要求，请按提示修改。"
	default:
		// Anything else of huma is a fault of ours; its message may name a cause and is not shown.
		p.Status, p.Code, p.Detail, p.Errors = http.StatusInternalServerError, "internal", "系统内部错误，请稍后重试。", nil
		_ = message
	}
	p.Title = http.StatusText(p.Status)
	return p
}

var requiredParameter = regexp.MustCompile(`^required \w+ parameter is missing$`)

// fieldOf keeps of huma's detail what people can use: raw parser messages are replaced, personal values left out.
func fieldOf(err error) refusal.Field {
	var detail huma.ErrorDetailer
	if !errors.As(err, &detail) {
		return refusal.Field{Message: "内容无法识别"}
	}
	d := detail.ErrorDetail()
	f := refusal.Field{Location: d.Location, Message: d.Message, Value: publicValue(d.Location, d.Value)}
	switch {
	case d.Location == "body" && !isOurs(d.Message):
		f.Message = unreadable
	case strings.HasPrefix(d.Message, missingField):
		f.Location, f.Message = d.Location+"."+strings.TrimPrefix(d.Message, missingField), "此项必填"
	case requiredParameter.MatchString(d.Message):
		f.Message = "缺少此参数"
	case d.Message == "File required":
		f.Message = "请选择要上传的文件"
	case d.Message == "invalid integer":
		f.Message = typeMessages[2]
	case d.Message == "invalid boolean":
		f.Message = typeMessages[0]
	case !isOurs(d.Message):
		f.Message = "格式不正确"
	}
	return f
}

// isOurs tells whether a message was given to huma above; its own ones and the JSON parser's are English.
func isOurs(message string) bool {
	return strings.ContainsFunc(message, func(r rune) bool { return r > 0x2e80 })
}

var personal = regexp.MustCompile(`(?i)(password|token|secret|phone|id_no|email|name|reporter|login|text|note|address)`)

// publicValue gives the value to repeat in an error: never a whole body, nothing personal or secret, nothing long.
func publicValue(location string, value any) any {
	if personal.MatchString(location) {
		return nil
	}
	switch v := value.(type) {
	case bool, int, int64, float64:
		return v
	case string:
		if v == "" || location == "body" || len(v) > 100 {
			return nil
		}
		return v
	case time.Time:
		return v.Format(time.RFC3339)
	case fmt.Stringer:
		return publicValue(location, v.String())
	}
	return nil
}

// publicFields filters the fields that a rule points at in the same way.
func publicFields(fields []refusal.Field) []refusal.Field {
	if len(fields) == 0 {
		return nil
	}
	out := slices.Clone(fields)
	for i, f := range out {
		out[i].Value = publicValue(f.Location, f.Value)
	}
	return out
}
