package ghsim

import (
	"net/http"
	"time"
	"unicode/utf8"
)

func (req *request) comment() (*Comment, error) {
	c := req.repo.comments[req.number("comment_id")]
	if c == nil {
		return nil, errNotFound
	}
	return c, nil
}

func (req *request) getComment() (any, error) {
	c, err := req.comment()
	if err != nil {
		return nil, err
	}
	return c.json(), nil
}

// commentBody reads and checks the body of a comment: 65,536 characters at most.
func (req *request) commentBody() (string, error) {
	var in struct{ Body string }
	if err := req.decode(&in); err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(in.Body); n == 0 || n > 65536 {
		return "", refuse(http.StatusUnprocessableEntity, "Validation Failed: body is too long (maximum is 65536 characters)")
	}
	return in.Body, nil
}

func (req *request) createComment() (any, error) {
	p := req.repo.pull(req.number("issue_number"))
	if p == nil {
		return nil, errNotFound
	}
	body, err := req.commentBody()
	if err != nil {
		return nil, err
	}
	c := &Comment{author: req.app.bot, body: body, via: req.app}
	p.comment(c)
	req.status = http.StatusCreated
	return c.json(), nil
}

func (req *request) editComment() (any, error) {
	c, err := req.comment()
	if err != nil {
		return nil, err
	}
	body, err := req.commentBody()
	if err != nil {
		return nil, err
	}
	c.edit(req.app.bot, body)
	return c.json(), nil
}

func (req *request) deleteComment() (any, error) {
	c, err := req.comment()
	if err != nil {
		return nil, err
	}
	c.remove(req.app.bot)
	req.status = http.StatusNoContent
	return nil, nil
}

// listComments is ordered by ascending id and takes since.
func (req *request) listComments() (any, error) {
	p := req.repo.pull(req.number("issue_number"))
	if p == nil {
		return nil, errNotFound
	}
	since, _ := time.Parse(time.RFC3339, req.query("since"))
	var list []*Comment
	for _, c := range p.present() {
		if !c.updated.Before(since) {
			list = append(list, c)
		}
	}
	out := []object{}
	for _, c := range page(req, list) {
		out = append(out, c.json())
	}
	return out, nil
}

func (req *request) listReactions() (any, error) {
	c, err := req.comment()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, r := range page(req, c.reactions) {
		out = append(out, r.json())
	}
	return out, nil
}

// createReaction answers 201, or 200 if the app had reacted so already.
func (req *request) createReaction() (any, error) {
	c, err := req.comment()
	if err != nil {
		return nil, err
	}
	var in struct{ Content string }
	if err := req.decode(&in); err != nil {
		return nil, err
	}
	if !contains([]string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}, in.Content) {
		return nil, refuse(http.StatusUnprocessableEntity, "Validation Failed: content %q", in.Content)
	}
	r, fresh := c.react(req.app.bot, in.Content)
	if fresh {
		req.status = http.StatusCreated
	}
	return r.json(), nil
}
