package main

import (
	"net/url"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// simSecret is the webhook secret between the simulated GitHub and the server.
const simSecret = "only on loopback"

// simConfig sets the server up against a simulated GitHub. Only the base URL
// and the address differ from how serve is set up.
func simConfig(sim *ghsim.Server, data, operator string) config {
	base, err := url.Parse(sim.URL() + "/api/v3/")
	if err != nil {
		panic(err) // an address that the simulator listens on
	}
	return config{AppID: sim.App().ID(), Key: sim.App().PrivateKeyPEM(), Secrets: []string{simSecret}, GitHub: base,
		Listen: "127.0.0.1:0", Data: data, Operator: operator, SweepEvery: time.Hour, Workers: 8, Level: "error"}
}
