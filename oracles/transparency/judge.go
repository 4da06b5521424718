// What stock tools say of a log of ours: Debian's golang-golang-x-mod-dev reads its checkpoints, makes its tree and
// proofs anew and checks ours. Cosignatures, which that library does not know, are checked by crypto/ed25519.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run judge.go < log.json
//
// Exit status: 0 everything holds, 1 something does not, which is named.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A log as the test writes it down. Bytes are in base 64.
type log struct {
	Key         string      `json:"key"`
	WitnessKey  string      `json:"witness_key"`
	WitnessTime uint64      `json:"witness_time"`
	Old         string      `json:"old_checkpoint"`
	New         string      `json:"checkpoint"`
	Leaves      [][]byte    `json:"leaves"`
	Inclusions  []inclusion `json:"inclusions"`
	Consistency []tlog.Hash `json:"consistency"`
}

type inclusion struct {
	Index int64       `json:"index"`
	Path  []tlog.Hash `json:"path"`
}

func main() {
	var given log
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fail("the log cannot be read: %v", err)
	}
	old, new := open(given, given.Old), open(given, given.New)
	hashes := store(given.Leaves)
	checkRoot(old, hashes)
	checkRoot(new, hashes)
	for _, proved := range given.Inclusions {
		checkInclusion(proved, given.Leaves[proved.Index], new, hashes)
	}
	if err := tlog.CheckTree(given.Consistency, new.N, new.Hash, old.N, old.Hash); err != nil {
		fail("the consistency proof does not hold: %v", err)
	}
	made, err := tlog.ProveTree(new.N, old.N, hashes)
	if err != nil || !reflect.DeepEqual([]tlog.Hash(made), given.Consistency) {
		fail("the consistency proof is another: %v, %v", made, err)
	}
	checkCosignature(given)
	fmt.Printf("accepted: %d leaves, %d inclusions\n", len(given.Leaves), len(given.Inclusions))
}

func fail(format string, words ...interface{}) {
	fmt.Printf(format+"\n", words...)
	os.Exit(1)
}

// open reads a checkpoint that the log must have signed.
func open(given log, text string) tlog.Tree {
	verifier, err := note.NewVerifier(given.Key)
	if err != nil {
		fail("the log's key cannot be read: %v", err)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		fail("the checkpoint is no note of the log: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("the checkpoint has other lines: %q", lines)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("the checkpoint's size is no number: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("the checkpoint's root is no hash: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// store makes the tree of the leaves, and answers for its nodes.
func store(leaves [][]byte) tlog.HashReaderFunc {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			hashes[at] = stored[index]
		}
		return hashes, nil
	})
	for number, leaf := range leaves {
		hashes, err := tlog.StoredHashes(int64(number), leaf, reader)
		if err != nil {
			fail("leaf %d cannot be stored: %v", number, err)
		}
		stored = append(stored, hashes...)
	}
	return reader
}

func checkRoot(tree tlog.Tree, hashes tlog.HashReader) {
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		fail("the root of %d leaves is %v and not %v: %v", tree.N, root, tree.Hash, err)
	}
}

func checkInclusion(proved inclusion, leaf []byte, tree tlog.Tree, hashes tlog.HashReader) {
	hash := tlog.RecordHash(leaf)
	if err := tlog.CheckRecord(proved.Path, tree.N, tree.Hash, proved.Index, hash); err != nil {
		fail("the inclusion proof of leaf %d does not hold: %v", proved.Index, err)
	}
	made, err := tlog.ProveRecord(tree.N, proved.Index, hashes)
	same := len(made) == len(proved.Path)
	for at := 0; same && at < len(made); at++ {
		same = made[at] == proved.Path[at]
	}
	if err != nil || !same {
		fail("the inclusion proof of leaf %d is another: %v, %v", proved.Index, made, err)
	}
}

// checkCosignature looks for the witness's line in the newer checkpoint (c2sp.org/tlog-cosignature).
func checkCosignature(given log) {
	parts := strings.SplitN(given.WitnessKey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		fail("the witness's key cannot be read: %v", err)
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	end := strings.LastIndex(given.New, "\n\n")
	text, lines := given.New[:end+1], strings.Split(given.New[end+2:], "\n")
	for _, line := range lines {
		encoded := strings.TrimPrefix(line, "— "+parts[0]+" ")
		if encoded == line {
			continue
		}
		signature, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(signature) != 76 || !bytes.Equal(signature[:4], id[:4]) {
			fail("the cosignature is of another form: %v", err)
		}
		time := binary.BigEndian.Uint64(signature[4:12])
		message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
		if time != given.WitnessTime || !ed25519.Verify(key[1:], []byte(message), signature[12:]) {
			fail("the cosignature does not hold")
		}
		return
	}
	fail("the witness's line is missing")
}
