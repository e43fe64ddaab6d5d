package ghsim

import (
	"fmt"
	"time"
)

// A Comment is a comment on a pull request.
type Comment struct {
	pull      *Pull
	id        int64
	author    *User
	body      string
	created   time.Time
	updated   time.Time
	editor    *User // of the last edit
	via       *App
	byEmail   bool
	deleted   bool
	reactions []reaction
}

type reaction struct {
	id      int64
	user    *User
	content string
	at      time.Time
}

// Comment comments. Event: issue_comment.created.
func (p *Pull) Comment(by *User, body string) *Comment {
	return p.addComment(&Comment{author: by, body: body})
}

// CommentVia comments in by's name through an app (performed_via_github_app).
func (p *Pull) CommentVia(by *User, a *App, body string) *Comment {
	return p.addComment(&Comment{author: by, body: body, via: a})
}

// CommentByEmail comments by answering a notification. Only GraphQL tells so
// (createdViaEmail).
func (p *Pull) CommentByEmail(by *User, body string) *Comment {
	return p.addComment(&Comment{author: by, body: body, byEmail: true})
}

func (p *Pull) addComment(c *Comment) *Comment {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	p.comment(c)
	return c
}

func (p *Pull) comment(c *Comment) {
	s := p.repo.s
	c.pull, c.id, c.created, c.updated = p, s.id("comment"), s.now(), s.now()
	p.comments = append(p.comments, c)
	p.repo.comments[c.id] = c
	p.updated = s.now()
	c.emit("created", c.author, object{})
}

// Comments lists the comments that are not deleted, oldest first.
func (p *Pull) Comments() []*Comment {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	return p.present()
}

func (p *Pull) present() []*Comment {
	var list []*Comment
	for _, c := range p.comments {
		if !c.deleted {
			list = append(list, c)
		}
	}
	return list
}

// ID is the comment's number.
func (c *Comment) ID() int64 { return c.id }

// Author wrote it.
func (c *Comment) Author() *User { return c.author }

// CreatedAt is when it was written.
func (c *Comment) CreatedAt() time.Time { return c.created }

// Body is its present text.
func (c *Comment) Body() string { return locked(c.pull, func() string { return c.body }) }

// UpdatedAt is when it was last edited.
func (c *Comment) UpdatedAt() time.Time { return locked(c.pull, func() time.Time { return c.updated }) }

// Reactions are the contents of its reactions, such as "+1", in order.
func (c *Comment) Reactions() []string {
	return locked(c.pull, func() []string {
		var list []string
		for _, r := range c.reactions {
			list = append(list, r.content)
		}
		return list
	})
}

// Edit changes the body. Event: issue_comment.edited with changes.body.from.
func (c *Comment) Edit(by *User, body string) {
	c.pull.repo.s.mu.Lock()
	defer c.pull.repo.s.mu.Unlock()
	c.edit(by, body)
}

func (c *Comment) edit(by *User, body string) {
	old := c.body
	c.body, c.editor, c.updated = body, by, c.pull.repo.s.now()
	c.emit("edited", by, object{"changes": object{"body": object{"from": old}}})
}

// Delete removes it. Event: issue_comment.deleted.
func (c *Comment) Delete(by *User) {
	c.pull.repo.s.mu.Lock()
	defer c.pull.repo.s.mu.Unlock()
	c.remove(by)
}

func (c *Comment) remove(by *User) {
	if c.deleted {
		return
	}
	c.deleted = true
	delete(c.pull.repo.comments, c.id)
	c.pull.timeline = append(c.pull.timeline, object{
		"__typename": "CommentDeletedEvent", "createdAt": stamp(c.pull.repo.s.now()), "actor": by.actor(),
		"deletedCommentAuthor": c.author.actor(), "databaseId": c.id,
	})
	c.emit("deleted", by, object{})
}

// emit tells the app. The payload has the pull request as an issue: no head
// and no base stand in it.
func (c *Comment) emit(action string, by *User, payload object) {
	payload["issue"], payload["comment"] = c.pull.issueJSON(), c.json()
	c.pull.repo.s.emit(c.pull.repo, "issue_comment", action, by, payload)
}

func (c *Comment) api() string {
	return fmt.Sprintf("%s/issues/comments/%d", c.pull.repo.api(), c.id)
}

func (c *Comment) web() string { return fmt.Sprintf("%s#issuecomment-%d", c.pull.web(), c.id) }

func (c *Comment) json() object {
	r := c.pull.repo
	return object{
		"id": c.id, "node_id": fmt.Sprintf("IC_%d", c.id), "url": c.api(), "body": c.body, "user": c.author.json(),
		"html_url":  c.web(),
		"issue_url": fmt.Sprintf("%s/issues/%d", r.api(), c.pull.number), "created_at": stamp(c.created), "updated_at": stamp(c.updated),
		"author_association": r.association(c.author), "performed_via_github_app": c.via.json(), "reactions": c.rollup(),
	}
}

func (c *Comment) rollup() object {
	o := object{"url": c.api() + "/reactions", "total_count": len(c.reactions)}
	for _, content := range []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		n := 0
		for _, r := range c.reactions {
			if r.content == content {
				n++
			}
		}
		o[content] = n
	}
	return o
}

// react adds a reaction once for each user and content, and reports whether it is new.
func (c *Comment) react(by *User, content string) (reaction, bool) {
	for _, r := range c.reactions {
		if r.user == by && r.content == content {
			return r, false
		}
	}
	s := c.pull.repo.s
	r := reaction{s.id("reaction"), by, content, s.now()}
	c.reactions = append(c.reactions, r)
	return r, true
}

func (r reaction) json() object {
	return object{
		"id": r.id, "node_id": fmt.Sprintf("REA_%d", r.id), "user": r.user.json(), "content": r.content, "created_at": stamp(r.at),
	}
}
