package manuscript

import (
	"archive/zip"
	"context"
	"errors"
	"io/fs"
	"strings"
)

// Store is a store that a folder can be imported into.
type Store interface {
	Source
	Target
}

// Load imports a folder without attachments, or nothing of it when anything is wrong with it.
func Load(ctx context.Context, dir fs.FS, into Store) error {
	c, problems, err := Read(dir)
	if err != nil || len(problems) > 0 {
		return errors.Join(err, Joined(problems))
	}
	plan, problems, err := Compare(ctx, c, into, nil)
	if err != nil || len(problems) > 0 {
		return errors.Join(err, Joined(problems))
	}
	return plan.Apply(ctx, into, nil, func(Step) {})
}

// Joined is all problems as one error, nil without any.
func Joined(problems []Problem) error {
	var all []error
	for _, p := range problems {
		all = append(all, p)
	}
	return errors.Join(all...)
}

// maxUnpacked is how many bytes an archive may hold once it is unpacked.
const maxUnpacked = 2 << 30

// Archive is a ZIP file as a folder. One is refused as a whole whose names lead out of it, that
// holds links, or that unpacks to more than anybody writes.
func Archive(z *zip.Reader) (fs.FS, []Problem) {
	var out []Problem
	var total uint64
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		switch {
		case !fs.ValidPath(name) || strings.Contains(name, "\\"):
			out = append(out, Problem{File: f.Name, What: "its name leads out of the archive or holds a backslash: pack the folder again"})
		case f.Mode()&fs.ModeSymlink != 0:
			out = append(out, Problem{File: f.Name, What: "it is a symbolic link: put the file itself there"})
		}
		total += f.UncompressedSize64
		if total > maxUnpacked || f.UncompressedSize64 > maxUnpacked {
			return z, append(out, Problem{File: f.Name, What: "with it, the archive unpacks to more than 2 GB: import it in parts"})
		}
	}
	return z, out
}
