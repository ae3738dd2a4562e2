package channelstest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Keep puts a file into the store and gives its address, as Messenger and Instagram tell it.
func (m *Meta) Keep(f File) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	path := fmt.Sprintf("%d/%s", m.n, f.Name)
	m.files[path] = f
	return m.server.URL + "/cdn/" + path + "?oe=1"
}

// KeepMedia puts a file into the store and gives its id, as WhatsApp tells it, and its digest.
func (m *Meta) KeepMedia(f File) (id, sum string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	id = "555" + strconv.Itoa(m.n)
	m.files[id] = f
	digest := sha256.Sum256([]byte(f.Data))
	return id, base64.StdEncoding.EncodeToString(digest[:])
}

func (m *Meta) serveCDN(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	f, ok := m.files[strings.TrimPrefix(r.URL.Path, "/cdn/")]
	if r.Header.Get("Authorization") != "" || r.URL.Query().Has("access_token") {
		m.leaks++
	}
	ended := m.spend(&m.faults.Ended)
	m.mu.Unlock()
	if !ok || ended {
		http.Error(w, "URL signature expired", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", f.Type)
	_, _ = io.WriteString(w, f.Data) // who hangs up does not want it
}

// serveMedia gives a file of WhatsApp to whom has the token.
func (m *Meta) serveMedia(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	f, ok := m.files[r.PathValue("id")]
	ended, token := m.spend(&m.faults.Ended), m.token
	m.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case !ok || ended:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", f.Type)
		_, _ = io.WriteString(w, f.Data) // likewise
	}
}

// takeUpload keeps a file of a form until a message refers to it.
func (m *Meta) takeUpload(w http.ResponseWriter, r *http.Request) {
	f, err := formFile(r)
	if err != nil {
		MetaRefusal{400, 100, 0, "(#100) " + err.Error()}.refuse(w)
		return
	}
	m.mu.Lock()
	m.n++
	id := "att" + strconv.Itoa(m.n)
	m.uploads[id] = f
	m.mu.Unlock()
	metaAnswer(w, 200, map[string]any{"attachment_id": id, "id": id})
}

// formFile is the file of a form.
func formFile(r *http.Request) (File, error) {
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		return File{}, err
	}
	for _, all := range r.MultipartForm.File {
		if len(all) == 0 {
			continue
		}
		f, err := all[0].Open()
		if err != nil {
			return File{}, err
		}
		data, err := io.ReadAll(f)
		return File{all[0].Filename, all[0].Header.Get("Content-Type"), string(data)}, err
	}
	return File{}, fmt.Errorf("the form has no file")
}
