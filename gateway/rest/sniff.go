package rest

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"
)

// sniffed is how much of a file is looked at.
const sniffed = 3072

// Sniff tells what a file is from its first bytes; its name only chooses among kinds that
// share a container. ok is false for what is not taken: programs, web pages, and everything
// that nobody recognises.
func Sniff(head []byte, name string) (kind string, ok bool) {
	ext := strings.ToLower(path.Ext(name))
	if kind, ok := container(head, ext); ok {
		return kind, kind != ""
	}
	kind, _, _ = strings.Cut(http.DetectContentType(head), ";")
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "application/pdf",
		"video/mp4", "video/webm", "audio/mpeg", "audio/wave", "application/ogg", "audio/aiff":
		return kind, true
	case "text/plain":
		return plainText(head, ext)
	}
	return "", false
}

// container recognises formats that the standard table does not, or that look like others. ok
// with an empty kind means: recognised, and not taken.
func container(head []byte, ext string) (kind string, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return map[string]string{
			".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
			".odt":  "application/vnd.oasis.opendocument.text",
			".ods":  "application/vnd.oasis.opendocument.spreadsheet",
			".odp":  "application/vnd.oasis.opendocument.presentation",
			".zip":  "application/zip",
		}[ext], true
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")): // OLE2
		return map[string]string{".doc": "application/msword", ".xls": "application/vnd.ms-excel"}[ext], true
	case len(head) > 12 && string(head[4:8]) == "ftyp":
		switch string(head[8:12]) {
		case "heic", "heix", "mif1", "msf1":
			return "image/heic", true
		case "M4A ", "M4B ":
			return "audio/mp4", true
		case "qt  ":
			return "video/quicktime", true
		case "avif", "avis":
			return "image/avif", true
		}
	case bytes.HasPrefix(head, []byte("{\\rtf")):
		return "", true // may carry programs
	}
	return "", false
}

// plainText takes text that is named as such and is not markup in disguise.
func plainText(head []byte, ext string) (string, bool) {
	for len(head) > 0 && !utf8.FullRune(head[max(0, len(head)-utf8.UTFMax):]) {
		head = head[:len(head)-1]
	}
	start := bytes.ToLower(bytes.TrimSpace(head))
	if bytes.HasPrefix(start, []byte("<")) || bytes.HasPrefix(start, []byte("#!")) || bytes.HasPrefix(start, []byte("mz")) && bytes.Contains(head, []byte{0}) {
		return "", false
	}
	switch ext {
	case "", ".txt", ".log", ".md":
		return "text/plain; charset=utf-8", true
	case ".csv":
		return "text/csv; charset=utf-8", true
	case ".json":
		return "application/json", true
	}
	return "", false
}
