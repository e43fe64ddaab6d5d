package ghsim

// A User is an account: a person, a bot or an organisation.
type User struct {
	s      *Server
	id     int64
	login  string
	kind   string // "User", "Bot", "Organization"
	name   string
	emails []string
}
