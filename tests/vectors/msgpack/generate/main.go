// Generates and checks the vectors of the directory above with go-cty, the library that Terraform
// uses for values.
//
//	go run . generate > ../vectors.json
//	go run . check ../vectors.json ../reencoded.json
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"
)

// vector is one test vector. The README describes the form of Value.
type vector struct {
	Name    string   `json:"name"`
	Origin  string   `json:"origin"`
	Type    cty.Type `json:"type"`
	Msgpack string   `json:"msgpack"`
	Value   any      `json:"value"`
	JSON    *string  `json:"json,omitempty"`
}

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 2 && os.Args[1] == "generate":
		generate()
	case len(os.Args) == 4 && os.Args[1] == "check":
		check(os.Args[2], os.Args[3])
	default:
		log.Fatal("usage: generate | check <vectors.json> <reencoded.json>")
	}
}

func generate() {
	var rows []vector
	for _, c := range encoded() {
		ty := c.value.Type()
		bytes, err := ctymsgpack.Marshal(c.value, ty)
		if err != nil {
			log.Fatalf("%s: %s", c.name, err)
		}
		r := vector{Name: c.name, Origin: "encoded", Type: ty, Msgpack: hex.EncodeToString(bytes), Value: describe(c.value, ty)}
		if c.value.IsWhollyKnown() {
			text, err := ctyjson.Marshal(c.value, ty)
			if err != nil {
				log.Fatalf("%s: %s", c.name, err)
			}
			s := string(text)
			r.JSON = &s
		}
		rows = append(rows, r)
	}
	for _, c := range foreign() {
		r := vector{Name: c.name, Origin: "foreign", Type: c.ty, Msgpack: c.hex}
		value, err := ctymsgpack.Unmarshal(unhex(c.name, c.hex), c.ty)
		if err != nil {
			r.Origin, r.Value = "refused", err.Error()
		} else {
			r.Value = describe(value, c.ty)
		}
		rows = append(rows, r)
	}

	fmt.Println("[")
	seen := map[string]bool{}
	for i, r := range rows {
		if seen[r.Name] {
			log.Fatalf("%s: name used twice", r.Name)
		}
		seen[r.Name] = true
		text, err := json.Marshal(r)
		if err != nil {
			log.Fatalf("%s: %s", r.Name, err)
		}
		end := ","
		if i == len(rows)-1 {
			end = ""
		}
		fmt.Printf("%s%s\n", text, end)
	}
	fmt.Println("]")
}

// describe describes a value without the help of either codec.
func describe(v cty.Value, ty cty.Type) any {
	switch {
	case !v.IsKnown():
		return "unknown"
	case v.IsNull():
		return "null"
	case ty == cty.Bool:
		return map[string]any{"bool": v.True()}
	case ty == cty.String:
		return map[string]any{"string": v.AsString()}
	case ty == cty.Number:
		number := v.AsBigFloat()
		if number.IsInt() {
			integer, _ := number.Int(nil)
			return map[string]any{"number": integer.String()}
		}
		return map[string]any{"number": number.Text('f', -1)}
	case ty.IsListType():
		elements := []any{}
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			elements = append(elements, describe(element, ty.ElementType()))
		}
		return map[string]any{"list": elements}
	default:
		elements := map[string]any{}
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			elementType := element.Type()
			if ty.IsObjectType() {
				elementType = ty.AttributeType(key.AsString())
			} else {
				elementType = ty.ElementType()
			}
			elements[key.AsString()] = describe(element, elementType)
		}
		return map[string]any{"map": elements}
	}
}

// check decodes the provider's encodings with go-cty and compares them with the vectors.
func check(vectorsPath, reencodedPath string) {
	var rows []vector
	read(vectorsPath, &rows)
	var reencoded map[string]string
	read(reencodedPath, &reencoded)

	checked := 0
	for _, r := range rows {
		ours, ok := reencoded[r.Name]
		if !ok {
			continue
		}
		checked++
		theirs, err := ctymsgpack.Unmarshal(unhex(r.Name, r.Msgpack), r.Type)
		if err != nil {
			log.Fatalf("%s: %s", r.Name, err)
		}
		back, err := ctymsgpack.Unmarshal(unhex(r.Name, ours), r.Type)
		if err != nil {
			log.Fatalf("%s: ours: %s", r.Name, err)
		}
		theirs, back = unrefined(theirs), unrefined(back)
		if !back.RawEquals(theirs) {
			log.Fatalf("%s: %#v is not %#v", r.Name, back, theirs)
		}
	}
	if checked != len(reencoded) {
		log.Fatalf("%d of %d encodings have no vector", len(reencoded)-checked, len(reencoded))
	}
	fmt.Printf("%d encodings have the same values as the vectors\n", checked)
}

// unrefined removes the refinements of unknown values.
func unrefined(v cty.Value) cty.Value {
	v, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if !v.IsKnown() {
			return cty.UnknownVal(v.Type()), nil
		}
		return v, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func read(path string, into any) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		log.Fatalf("%s: %s", path, err)
	}
}

func unhex(name, text string) []byte {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		log.Fatalf("%s: %s", name, err)
	}
	return bytes
}
