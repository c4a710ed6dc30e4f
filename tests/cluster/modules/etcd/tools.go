//go:build tools

// Package tools names the commands this module is built for, so that go.mod pins them.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
