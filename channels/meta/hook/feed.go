package hook

import (
	"fmt"
	"strings"

	"centrala"
)

// feed is news of a page's posts; of those only comments are read.
type feed struct {
	Item      text           `json:"item"`
	Verb      text           `json:"verb"`
	CommentID text           `json:"comment_id"`
	PostID    text           `json:"post_id"`
	ParentID  text           `json:"parent_id"`
	From      object[person] `json:"from"`
	Message   text           `json:"message"`
	Photo     text           `json:"photo"`
	Video     text           `json:"video"`
	Created   stamp          `json:"created_time"`
	Post      object[post]   `json:"post"`
}

type post struct {
	Permalink text `json:"permalink_url"`
}

// feed reads a comment below a post of the page. Each comment at the top of a post, with what is
// below it, is a conversation of its own.
func (r *reading) feed(e entry, c change, at string) {
	var f feed
	if !r.decode(c.Value, &f, at) {
		return
	}
	kind, verb := string(f.Item), string(f.Verb)
	switch {
	case kind != "comment":
		r.skip("feed " + kind)
		return
	case r.inbox.Account != nil && !r.inbox.Account.Comments:
		r.skip("comments are not taken by this inbox")
		return
	case verb != "add" && verb != "edited" && verb != "edit" && verb != "remove":
		r.skip("feed comment " + verb)
		return
	}
	id, postID := string(f.CommentID), string(f.PostID)
	if id == "" {
		r.bad("no-id", at)
		return
	}
	root := string(f.ParentID)
	if root == "" || root == postID {
		root = id
	}
	peer := string(f.From.V.ID)
	if peer == "" {
		peer = "comment:" + id // somebody whom the vendor does not name
	}
	in := r.item(centrala.KindComment, centrala.Facebook, peer, f.Created.Time, e.Time.Time)
	in.From.Name, in.ThreadID = string(f.From.V.Name), CommentThread(postID, root)
	in.Matters = []centrala.Matter{{Kind: "post", ID: postID, URL: safeLink(string(f.Post.V.Permalink))}}
	r.comment(e, f, in)
}

func (r *reading) comment(e entry, f feed, in centrala.Inbound) {
	id, own := string(f.CommentID), f.From.V.ID != "" && f.From.V.ID == e.ID
	if _, root, _ := strings.Cut(in.ThreadID, "post:"+string(f.PostID)+":"); own && root == id {
		r.skip("feed comment by the page itself, below its post")
		return
	}
	switch f.Verb {
	case "remove":
		in.Kind, in.ExternalID, in.About, in.Matters = centrala.KindUnsend, "unsend:"+id, &centrala.About{ID: id}, nil
		r.put(in)
		return
	case "add":
		in.ExternalID = id
		if f.ParentID != "" && f.ParentID != f.PostID {
			in.About = &centrala.About{ID: string(f.ParentID)}
		}
		for _, p := range []struct{ kind, address string }{{"image", string(f.Photo)}, {"video", string(f.Video)}} {
			if part := filePart(p.kind, p.address); part != nil {
				in.Attachments = append(in.Attachments, *part)
			}
		}
		if own {
			in.Kind, in.Payload = centrala.KindEcho, "Facebook"
		}
	default:
		version := e.Time.UnixMilli()
		if e.Time.IsZero() {
			version = in.At.UnixMilli()
		}
		in.Kind, in.ExternalID, in.Matters = centrala.KindEdit, fmt.Sprintf("edit:%s:%d", id, version), nil
		in.About = &centrala.About{ID: id, Version: version}
	}
	words := string(f.Message)
	if words == "" && len(in.Attachments) == 0 {
		words = r.words.MetaUnsupported()
	}
	r.says(in, words)
}

// CommentThread names the conversation below a comment.
func CommentThread(post, root string) string { return "post:" + post + ":" + root }

// RootComment is the comment that a conversation begins with; ok is false when it is none of comments.
func RootComment(thread string) (comment string, ok bool) {
	rest, ok := strings.CutPrefix(thread, "post:")
	if !ok {
		return "", false
	}
	_, comment, ok = strings.Cut(rest, ":")
	return comment, ok && comment != ""
}
