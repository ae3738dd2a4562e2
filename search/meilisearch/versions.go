package meilisearch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
)

// Versions implements search.Index. What other nodes changed is known afterwards. Of an index that
// is set up otherwise, or that an earlier version of this program made, there are none: it is to be
// made anew, and answers meanwhile.
func (e *Engine) Versions(ctx context.Context) (map[centrala.ArticleID]int64, error) {
	e.write.Lock()
	defer e.write.Unlock()
	now, err := e.stamps(ctx)
	if err != nil {
		return nil, err
	}
	e.mu.RLock()
	same := e.read != nil && maps.Equal(now, e.read)
	stale := e.stale
	e.mu.RUnlock()
	if !same {
		if stale, err = e.catchUp(ctx, now); err != nil {
			return nil, err
		}
	}
	out := map[centrala.ArticleID]int64{}
	if stale {
		return out, nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, d := range e.words {
		for id, a := range d.articles {
			out[id] = a.version
		}
	}
	return out, nil
}

// stamps are the indexes in use, by locale.
func (e *Engine) stamps(ctx context.Context) (map[string]stamp, error) {
	indexes, err := e.server.indexes(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]stamp{}
	for _, i := range indexes {
		if l, ok := e.locale(i.UID); ok {
			out[l] = stamp{i.CreatedAt, i.UpdatedAt}
		}
	}
	return out, nil
}

// catchUp reads what changed in the indexes since they were last read.
func (e *Engine) catchUp(ctx context.Context, now map[string]stamp) (stale bool, err error) {
	for l, s := range now {
		if e.read[l] == s {
			continue
		}
		uid := e.uid(l)
		ok, err := e.ours(ctx, uid)
		if err != nil {
			return false, err
		}
		stale = stale || !ok
		if ok {
			if err := e.follow(ctx, l); err != nil {
				return false, err
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for l := range e.words {
		if _, there := now[l]; !there {
			delete(e.words, l)
		}
	}
	e.stale, e.known = stale, true
	if e.read = now; stale {
		e.read = nil // look again the next time
	}
	return stale, nil
}

// ours reports whether an index is as this version makes it.
func (e *Engine) ours(ctx context.Context, uid string) (bool, error) {
	if ok, err := e.server.isSetUp(ctx, uid); err != nil || !ok {
		return false, err
	}
	count := func(filter string) (int64, error) {
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		var got client.DocumentsResult
		err := e.server.Index(uid).GetDocuments(ctx, &client.DocumentsQuery{Limit: 1, Fields: []string{fieldID}, Filter: filter}, &got)
		return got.Total, said("read which version made "+uid, err)
	}
	later, err := count(fmt.Sprintf("%s > %d", fieldSchema, schema))
	if err != nil {
		return false, err
	}
	if later > 0 {
		return false, fmt.Errorf("the index %s was made by a later version of this program; it is left alone", uid)
	}
	others, err := count(fmt.Sprintf("%s != %d", fieldSchema, schema))
	return others == 0, err
}

// follow makes a locale's dictionary what its index says.
func (e *Engine) follow(ctx context.Context, locale string) error {
	uid := e.uid(locale)
	there := map[centrala.ArticleID]int64{}
	torn := map[centrala.ArticleID]bool{}
	err := e.server.each(ctx, uid, fieldNumber+" = 0", []string{fieldID}, func(h client.Hit) error {
		_, article, version, err := identity(h[fieldID])
		if was, twice := there[article]; twice && was != version {
			torn[article] = true // somebody died between adding and removing
			version = min(was, version)
		}
		there[article] = version
		return err
	})
	if err != nil {
		return err
	}
	e.mu.RLock()
	d := e.words[locale]
	var gone, changed []centrala.ArticleID
	if d != nil {
		for id, a := range d.articles {
			if _, ok := there[id]; !ok {
				gone = append(gone, id)
			} else if a.version == there[id] && !torn[id] {
				delete(there, id)
			}
		}
	}
	e.mu.RUnlock()
	changed = slices.Collect(maps.Keys(there))
	return e.learn(ctx, locale, gone, changed, there)
}

// learn reads the words of articles that changed.
func (e *Engine) learn(ctx context.Context, locale string, gone, changed []centrala.ArticleID, versions map[centrala.ArticleID]int64) error {
	keys := map[centrala.ArticleID][][]string{}
	read := func(filter any) error {
		return e.server.each(ctx, e.uid(locale), filter, []string{fieldID, fieldKeys}, func(h client.Hit) error {
			_, article, version, err := identity(h[fieldID])
			if err != nil || version != versions[article] {
				return err
			}
			var k []string
			if err := json.Unmarshal(h[fieldKeys], &k); err != nil {
				return fmt.Errorf("the words of %s: %w", article, err)
			}
			keys[article] = append(keys[article], k)
			return nil
		})
	}
	var err error
	if len(changed) > 10*maxNamed {
		err = read(nil)
	} else {
		for some := range slices.Chunk(changed, maxNamed) {
			if err = read(ofArticles(some)); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.words[locale]
	if d == nil {
		d = newDictionary(locale)
		e.words[locale] = d
	}
	for _, id := range gone {
		d.set(id, 0, nil)
	}
	for _, id := range changed {
		d.set(id, versions[id], keys[id])
	}
	d.sort()
	return nil
}
