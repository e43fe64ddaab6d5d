package record_test

import (
	"testing"

	"github.com/countersign-dev/countersign/record"
)

func TestRecordAndGet(t *testing.T) {
	l, _, _ := openLog(t, 7)
	e, err := l.Get(t.Context(), "#43")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", e.ID, e.Leaf)
	got, err := l.List(t.Context(), record.Query{Agent: "refund-bot", Person: "@bob-k", Resource: "claude-opus-4-3"})
	if err != nil || len(got) != 1 || got[0].Index != 3 {
		t.Errorf("List = %v, %v", got, err)
	}
	proof, err := l.Proof(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if i, c, err := record.VerifyProof(e.Leaf, []byte(proof), l.VerifierKey()); err != nil || i != 3 || c.Size != 7 {
		t.Errorf("VerifyProof = %d, %v, %v", i, c, err)
	}
}
