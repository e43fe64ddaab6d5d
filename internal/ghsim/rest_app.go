package ghsim

import (
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

func (req *request) getApp() (any, error) { return req.app.json(), nil }

func (req *request) listInstallations() (any, error) {
	var list []*Installation
	for _, i := range req.installs {
		list = append(list, i)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].id < list[b].id })
	out := []object{}
	for _, i := range page(req, list) {
		out = append(out, i.json())
	}
	return out, nil
}

func (req *request) getInstallation() (any, error) {
	i := req.installs[req.number("installation_id")]
	if i == nil {
		return nil, errNotFound
	}
	return i.json(), nil
}

func (req *request) getRepoInstallation() (any, error) {
	return req.installation(req.repo.owner).json(), nil
}

// getAccountInstallation finds the installation on an organisation or a user.
func (req *request) getAccountInstallation() (any, error) {
	u := req.logins[strings.ToLower(req.vars["org"]+req.vars["username"])]
	if i := req.installation(u); u != nil && i != nil {
		return i.json(), nil
	}
	return nil, errNotFound
}

func (req *request) listInstallationRepos() (any, error) {
	var list []*Repo
	for _, r := range req.inst.visible() {
		if req.maySee(r) {
			list = append(list, r)
		}
	}
	return object{
		"total_count": len(list), "repository_selection": req.inst.selection(), "repositories": reposJSON(page(req, list)),
	}, nil
}

func (req *request) getMeta() (any, error) {
	return object{"verifiable_password_authentication": false, "hooks": []string{"127.0.0.1/32"}, "api": []string{"127.0.0.1/32"}}, nil
}

func (req *request) getRateLimit() (any, error) {
	used := req.spent[req.inst.id]
	rate := object{
		"limit": hourlyLimit, "used": used, "remaining": max(0, hourlyLimit-used), "reset": req.hour.Add(time.Hour).Unix(),
	}
	search := object{"limit": 30, "used": 0, "remaining": 30, "reset": req.hour.Add(time.Hour).Unix()}
	return object{"resources": object{"core": rate, "graphql": rate, "search": search}, "rate": rate}, nil
}

func (req *request) getHookConfig() (any, error) {
	c := req.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	o := object{"content_type": "json", "insecure_ssl": "0", "url": c.url}
	if c.secret != "" {
		o["secret"] = "********"
	}
	return o, nil
}

// recent are the deliveries that the API still tells of: those of the last
// three days (docs: viewing webhook deliveries), newest first.
func (req *request) recent() []Delivery {
	c := req.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Delivery
	for i := len(c.log) - 1; i >= 0; i-- {
		if req.now().Sub(c.log[i].At) <= 72*time.Hour {
			list = append(list, c.log[i])
		}
	}
	return list
}

// listDeliveries pages by a cursor that is handed out in the Link header.
// status=failure means 400 to 599, success 200 to 399.
func (req *request) listDeliveries() (any, error) {
	size, _ := strconv.Atoi(req.query("per_page"))
	if size <= 0 {
		size = 30
	}
	size = min(size, 100)
	before := int64(1) << 62
	if cursor := req.query("cursor"); cursor != "" {
		id, err := strconv.ParseInt(strings.TrimPrefix(cursor, "v1_"), 10, 64)
		if err != nil {
			return nil, refuse(http.StatusUnprocessableEntity, "Validation Failed: cursor %q", cursor)
		}
		before = id
	}
	out := []object{}
	var last int64
	for _, d := range req.recent() {
		failed := d.StatusCode >= 400 && d.StatusCode <= 599
		if d.ID >= before || (req.query("status") == "failure" && !failed) || (req.query("status") == "success" && (failed || d.StatusCode < 200)) {
			continue
		}
		if len(out) == size {
			q := req.http.URL.Query()
			q.Set("cursor", "v1_"+strconv.FormatInt(last, 10))
			req.header.Set("Link", "<"+req.URL()+req.http.URL.Path+"?"+q.Encode()+`>; rel="next"`)
			break
		}
		last = d.ID
		out = append(out, d.json())
	}
	return out, nil
}

func (d Delivery) json() object {
	o := object{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.At), "redelivery": d.Redelivery, "duration": d.duration.Seconds(),
		"status": d.Status, "status_code": d.StatusCode, "event": d.Event, "action": orNull(d.Action), "installation_id": nil,
		"repository_id": nil, "throttled_at": nil,
	}
	if d.Installation != 0 {
		o["installation_id"] = d.Installation
	}
	if d.Repository != 0 {
		o["repository_id"] = d.Repository
	}
	return o
}

func (req *request) delivery() (Delivery, error) {
	for _, d := range req.recent() {
		if d.ID == req.number("delivery_id") {
			return d, nil
		}
	}
	return Delivery{}, errNotFound
}

func (req *request) getDelivery() (any, error) {
	d, err := req.delivery()
	if err != nil {
		return nil, err
	}
	o := d.json()
	headers := object{}
	for name, values := range d.header {
		headers[name] = values[0]
	}
	o["url"] = "https://example.test/webhook"
	o["request"] = object{"headers": headers, "payload": json.RawMessage(d.Body)}
	o["response"] = object{"headers": object{}, "payload": d.response}
	return o, nil
}

// redeliver answers 202 and delivers later, with the GUID of the first attempt.
func (req *request) redeliver() (any, error) {
	d, err := req.delivery()
	if err != nil {
		return nil, err
	}
	req.status = http.StatusAccepted
	return object{}, req.courier.again(func(other Delivery) bool { return other.ID == d.ID })
}
