package billing

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// expression is a parsed custom formula. It is parsed by expr-lang and computed here, over exact fractions instead of
// floating point, and over nothing but numbers, arithmetic, comparisons, conditions and a handful of functions.
type expression struct {
	root ast.Node
	uses map[string]bool // canonical names
}

const (
	maxExpression      = 500 // bytes
	maxExpressionNodes = 200
	maxLiteralDigits   = 15 // that a literal with a fraction keeps exactly
)

// variable is a name that an expression may use. Samples are values on which it is tried when it is saved: the extremes, and
// one as it usually is.
type variable struct {
	title   string
	samples []string
}

var variables = map[string]variable{
	"built_area":  {"建筑面积", []string{"1", "88.88"}},
	"inner_area":  {"套内面积", []string{"1", "70.5"}},
	"usage":       {"用量", []string{"0", "1", "37.5"}},
	"given":       {"本期金额", []string{"0", "1", "120"}},
	"total":       {"总费用", []string{"0", "1", "5000"}},
	"total_area":  {"总面积", []string{"1", "12345.6"}},
	"households":  {"总户数", []string{"1", "120"}},
	"days":        {"天数", []string{"1", "31"}},
	"period_days": {"账期天数", []string{"28", "31"}},
	"price":       {"单价", nil}, // these two are parameters
	"extra":       {"附加费", nil},
}

// canonical gives the name by which a variable is kept: expressions may be written in Chinese.
func canonical(name string) string {
	for key, v := range variables {
		if v.title == name {
			return key
		}
	}
	return name
}

// fault is what is wrong with an expression.
type fault struct{ code, message string }

func (f *fault) Error() string { return f.code + ": " + f.message }

func faultf(code, format string, args ...any) error {
	return &fault{code, fmt.Sprintf(format, args...)}
}

func parseExpression(text string) (*expression, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, faultf("expression-needed", "请填写计算公式，例如 built_area * price + extra。")
	case len(text) > maxExpression:
		return nil, faultf("expression-too-long", "计算公式太长，最多 %d 个字节。", maxExpression)
	}
	config := conf.CreateNew()
	config.MaxNodes = maxExpressionNodes
	for name := range config.Builtins {
		config.Disabled[name] = true
	}
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, faultf("expression-malformed", "计算公式有语法错误，请检查括号和运算符。可以使用 + - * /、比较和“条件 ? 甲 : 乙”。")
	}
	e := &expression{root: tree.Node, uses: map[string]bool{}}
	kind, err := e.check(tree.Node)
	if err != nil {
		return nil, err
	}
	if kind != numberKind {
		return nil, faultf("expression-not-a-number", "计算公式的结果不是数字，而是“是/否”。请写成得出金额的算式，例如 usage > 10 ? usage * 2 : 0。")
	}
	return e, nil
}

type valueKind int

const (
	numberKind valueKind = iota
	truthKind
)

// functions that an expression may call, with how many arguments.
var functions = map[string]int{"min": 2, "max": 2, "abs": 1, "round": 1, "floor": 1, "ceil": 1}

// check finds what an expression computes and that it uses nothing but what is allowed.
func (e *expression) check(n ast.Node) (valueKind, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return numberKind, nil
	case *ast.FloatNode:
		_, err := literal(n.Value)
		return numberKind, err
	case *ast.BoolNode:
		return truthKind, nil
	case *ast.IdentifierNode:
		e.uses[canonical(n.Value)] = true
		return numberKind, nil
	case *ast.UnaryNode:
		return e.checkUnary(n)
	case *ast.BinaryNode:
		return e.checkBinary(n)
	case *ast.ConditionalNode:
		if err := e.want(truthKind, n.Cond); err != nil {
			return 0, err
		}
		if err := e.want(numberKind, n.Exp1); err != nil {
			return 0, err
		}
		return numberKind, e.want(numberKind, n.Exp2)
	case *ast.CallNode:
		return numberKind, e.checkCall(n)
	}
	return 0, notAllowed()
}

func notAllowed() error {
	return faultf("expression-not-allowed", "计算公式里只能使用数字、变量、+ - * /、比较、and/or/not、“条件 ? 甲 : 乙”，以及 min、max、abs、round、floor、ceil。")
}

func (e *expression) want(kind valueKind, nodes ...ast.Node) error {
	for _, n := range nodes {
		got, err := e.check(n)
		if err != nil {
			return err
		}
		if got != kind {
			return faultf("expression-not-a-number", "计算公式把数字和“是/否”混在了一起：算术只能用数字，条件只能用比较。")
		}
	}
	return nil
}

func (e *expression) checkUnary(n *ast.UnaryNode) (valueKind, error) {
	switch n.Operator {
	case "-", "+":
		return numberKind, e.want(numberKind, n.Node)
	case "!", "not":
		return truthKind, e.want(truthKind, n.Node)
	}
	return 0, notAllowed()
}

func (e *expression) checkBinary(n *ast.BinaryNode) (valueKind, error) {
	switch n.Operator {
	case "+", "-", "*", "/":
		return numberKind, e.want(numberKind, n.Left, n.Right)
	case "<", "<=", ">", ">=", "==", "!=":
		return truthKind, e.want(numberKind, n.Left, n.Right)
	case "&&", "||", "and", "or":
		return truthKind, e.want(truthKind, n.Left, n.Right)
	}
	return 0, notAllowed()
}

func (e *expression) checkCall(n *ast.CallNode) error {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return notAllowed()
	}
	arguments, known := functions[callee.Value]
	switch {
	case !known:
		return faultf("expression-not-allowed", "没有函数 %.30s。可用的函数：min、max、abs、round、floor、ceil。", callee.Value)
	case len(n.Arguments) != arguments:
		return faultf("expression-malformed", "函数 %s 需要 %d 个参数。", callee.Value, arguments)
	}
	return e.want(numberKind, n.Arguments...)
}

// literal reads a number with a fraction as it was written.
func literal(v float64) (*big.Rat, error) {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if len(strings.Trim(strings.ReplaceAll(text, ".", ""), "0")) > maxLiteralDigits || len(text) > 2*maxLiteralDigits {
		return nil, faultf("expression-too-precise", "计算公式里的小数 %.20s 位数太多，最多 %d 位有效数字。", text, maxLiteralDigits)
	}
	r, _ := new(big.Rat).SetString(text)
	return r, nil
}

// value computes the expression. Variables that are not among the values are a fault, and so is a division by zero.
func (e *expression) value(values map[string]*big.Rat) (*big.Rat, error) {
	return evaluation{values}.of(e.root)
}

// evaluation computes nodes that parseExpression has let pass.
type evaluation struct{ values map[string]*big.Rat }

func (c evaluation) of(n ast.Node) (*big.Rat, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return new(big.Rat).SetInt64(int64(n.Value)), nil
	case *ast.FloatNode:
		return literal(n.Value)
	case *ast.IdentifierNode:
		if v := c.values[canonical(n.Value)]; v != nil {
			return v, nil
		}
		return nil, unknownVariable(n.Value)
	case *ast.UnaryNode:
		v, err := c.of(n.Node)
		if err != nil || n.Operator == "+" {
			return v, err
		}
		return new(big.Rat).Neg(v), nil
	case *ast.BinaryNode:
		return c.arithmetic(n)
	case *ast.ConditionalNode:
		yes, err := c.truth(n.Cond)
		if err != nil {
			return nil, err
		}
		if yes {
			return c.of(n.Exp1)
		}
		return c.of(n.Exp2)
	case *ast.CallNode:
		return c.call(n)
	}
	return nil, notAllowed()
}

func unknownVariable(name string) error {
	return faultf("unknown-variable", "计算公式里没有变量“%.30s”。可用的变量：%s；也可以在 variables 里自己定义常数。", name, strings.Join(sortedNames(variables), "、"))
}

func (c evaluation) arithmetic(n *ast.BinaryNode) (*big.Rat, error) {
	a, err := c.of(n.Left)
	if err != nil {
		return nil, err
	}
	b, err := c.of(n.Right)
	if err != nil {
		return nil, err
	}
	r := new(big.Rat)
	switch n.Operator {
	case "+":
		return r.Add(a, b), nil
	case "-":
		return r.Sub(a, b), nil
	case "*":
		return r.Mul(a, b), nil
	}
	if b.Sign() == 0 {
		return nil, faultf("division-by-zero", "计算公式在“%.60s”处除以了 0。请避免除数为 0，例如写成 甲 > 0 ? 乙 / 甲 : 0。", n.String())
	}
	return r.Quo(a, b), nil
}

func (c evaluation) call(n *ast.CallNode) (*big.Rat, error) {
	args := make([]*big.Rat, len(n.Arguments))
	for i, a := range n.Arguments {
		v, err := c.of(a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	switch n.Callee.(*ast.IdentifierNode).Value {
	case "min":
		if args[0].Cmp(args[1]) <= 0 {
			return args[0], nil
		}
		return args[1], nil
	case "max":
		if args[0].Cmp(args[1]) >= 0 {
			return args[0], nil
		}
		return args[1], nil
	case "abs":
		return new(big.Rat).Abs(args[0]), nil
	case "floor":
		return floor(args[0]), nil
	case "ceil":
		return new(big.Rat).Neg(floor(new(big.Rat).Neg(args[0]))), nil
	}
	return floor(new(big.Rat).Add(args[0], big.NewRat(1, 2))), nil
}

// floor gives the largest whole number that is not greater.
func floor(r *big.Rat) *big.Rat {
	q := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: the divisor is positive
	return new(big.Rat).SetInt(q)
}

func (c evaluation) truth(n ast.Node) (bool, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.UnaryNode:
		v, err := c.truth(n.Node)
		return !v, err
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "and", "||", "or":
			left, err := c.truth(n.Left)
			if err != nil || left == (n.Operator == "||" || n.Operator == "or") {
				return left, err
			}
			return c.truth(n.Right)
		}
		a, err := c.of(n.Left)
		if err != nil {
			return false, err
		}
		b, err := c.of(n.Right)
		if err != nil {
			return false, err
		}
		return compare(n.Operator, a.Cmp(b)), nil
	}
	return false, notAllowed()
}

func compare(operator string, sign int) bool {
	switch operator {
	case "<":
		return sign < 0
	case "<=":
		return sign <= 0
	case ">":
		return sign > 0
	case ">=":
		return sign >= 0
	case "==":
		return sign == 0
	}
	return sign != 0
}
