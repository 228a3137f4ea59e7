package billing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
)

var variableName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]{0,39}$`)

// checkedExpression parses the expression and tries it on samples of every variable that it uses, all combinations of
// them: what fails on a sample could fail on a bill.
func (p *Parameters) checkedExpression() (*expression, error) {
	e, err := parseExpression(p.Expression)
	if err != nil {
		return nil, expressionRefused(err)
	}
	if len(p.Variables) > maxVariables {
		return nil, badParameter("variables", "too-many-variables", fmt.Sprintf("自定义常数最多 %d 个。", maxVariables))
	}
	constants := p.constants()
	for _, name := range sortedNames(p.Variables) {
		at := "variables." + name
		_, taken := variables[canonical(name)]
		switch {
		case !variableName.MatchString(name):
			return nil, badParameter(at, "variable-name-malformed", fmt.Sprintf("常数名称“%.40s”不正确：只能用文字、数字和下划线，不能以数字开头。", name))
		case taken || functions[name] > 0:
			return nil, badParameter(at, "variable-name-taken", fmt.Sprintf("“%s”是系统变量或函数的名称，请换一个名称。", name))
		case p.Variables[name] == "":
			return nil, badParameter(at, "parameter-malformed", fmt.Sprintf("请填写常数“%s”的值。", name))
		}
	}
	var sampled []string
	for _, name := range sortedNames(e.uses) {
		v, known := variables[name]
		switch {
		case constants[name] != nil:
		case known && len(v.samples) > 0:
			sampled = append(sampled, name)
		case known:
			return nil, badParameter(name+"_yuan", "price-needed", fmt.Sprintf("计算公式用到了%s，请填写参数 %s_yuan。", v.title, name))
		default:
			return nil, expressionRefused(unknownVariable(name))
		}
	}
	return e, e.try(constants, sampled)
}

// constants are the values that the version itself gives.
func (p *Parameters) constants() map[string]*big.Rat {
	values := map[string]*big.Rat{}
	for name, v := range map[string]Decimal{"price": p.PriceYuan, "extra": p.ExtraYuan} {
		if r := v.rat(); r != nil {
			values[name] = r
		}
	}
	for name, v := range p.Variables {
		if r := v.rat(); r != nil {
			values[name] = r
		}
	}
	return values
}

func (e *expression) try(constants map[string]*big.Rat, sampled []string) error {
	values := make(map[string]*big.Rat, len(constants)+len(sampled))
	for k, v := range constants {
		values[k] = v
	}
	allNegative := true
	var walk func(int) error
	walk = func(i int) error {
		if i == len(sampled) {
			v, err := e.value(values)
			if err != nil {
				return expressionRefused(err)
			}
			allNegative = allNegative && v.Sign() < 0
			return nil
		}
		for _, s := range variables[sampled[i]].samples {
			values[sampled[i]] = Decimal(s).rat()
			if err := walk(i + 1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(0); err != nil {
		return err
	}
	if allNegative {
		return expressionRefused(faultf("expression-negative", "计算公式算出的金额总是负数，请检查。"))
	}
	return nil
}

func expressionRefused(err error) error {
	var f *fault
	if errors.As(err, &f) {
		return badParameter("expression", f.code, f.message)
	}
	return err
}

// ExpressionReads tells whether a version's expression reads a variable.
func ExpressionReads(raw json.RawMessage, name string) bool {
	p, err := ReadParameters(Expression, raw)
	if err != nil {
		return false
	}
	e, err := parseExpression(p.Expression)
	return err == nil && e.uses[name]
}
