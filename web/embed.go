// Package web carries the built page, so that one binary serves the API and the console.
package web

import "embed"

// Dist is the build output of `npm run build`, under the folder dist. On a fresh clone it holds no page yet.
//
//go:embed all:dist
var Dist embed.FS
