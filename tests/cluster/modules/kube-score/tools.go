//go:build tools

// Package tools names the commands this module is built for, so that go.mod pins them.
package tools

import (
	_ "github.com/zegl/kube-score/cmd/kube-score"
)
