package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestKeeper(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("files are kept by the system's own pace here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keeper("file://" + dir + "?create_dir=true")(); err != nil {
		t.Error(err)
	}
	if err := keeper("file://" + filepath.Join(dir, "gone"))(); err == nil {
		t.Error("a folder that is not there was kept")
	}
	if keeper("s3://bucket") != nil {
		t.Error("files elsewhere are kept here")
	}
}
