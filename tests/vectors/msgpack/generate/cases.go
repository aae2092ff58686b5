package main

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// encodedCase is a value that go-cty encodes.
type encodedCase struct {
	name  string
	value cty.Value
}

var timeouts = cty.Object(map[string]cty.Type{"create": cty.String, "read": cty.String})

// block looks like a resource: attributes, a map, a single nested block, a list of blocks.
var block = cty.Object(map[string]cty.Type{
	"id":        cty.String,
	"partition": cty.Number,
	"force":     cty.Bool,
	"triggers":  cty.Map(cty.String),
	"timeouts":  timeouts,
	"offsets": cty.List(cty.Object(map[string]cty.Type{
		"before": cty.Number,
		"after":  cty.Number,
	})),
})

func encoded() []encodedCase {
	var cases []encodedCase
	add := func(name string, value cty.Value) {
		cases = append(cases, encodedCase{name, value})
	}
	object := func(attributes map[string]cty.Value) cty.Value { return cty.ObjectVal(attributes) }
	text := cty.StringVal

	add("bool true", cty.True)
	add("bool false", cty.False)

	for _, n := range []string{
		"0", "1", "-1", "31", "32", "-32", "-33", "127", "128", "-127", "-128", "-129", "255", "256",
		"-256", "32767", "32768", "-32768", "-32769", "65535", "65536", "2147483647", "2147483648",
		"-2147483648", "-2147483649", "4294967295", "4294967296", "9007199254740991",
		"9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e18", "1e19", "1e20",
		"1e21", "1e22", "1e100", "-1e100", "12345678901234567890123456789012345678901234567890",
		"0.5", "-0.25", "1.5", "0.1", "-0.1", "1e-7", "1.25e-7", "3.14159", "100.001", "2.5e-10",
		"3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803",
		"123456789012345678901234567890.123456789012345678901234567890",
		"-0.00000000000000000000000000000000000001",
		"9223372036854775807.5", "4503599627370496.5",
	} {
		add("number "+n, cty.MustParseNumberVal(n))
	}
	add("number 0.1 from a float", cty.NumberFloatVal(0.1))
	add("number 3.14159 from a float", cty.NumberFloatVal(3.14159))

	add("string empty", text(""))
	add("string ascii", text("billing"))
	add("string escapes", text("a\"b\\c\n\t\x00/"))
	add("string html", text("<a href='x'>&</a>"))
	add("string unicode", text("Grüße, 世界, здравствуй, 🦀"))
	for _, n := range []int{31, 32, 255, 256} {
		add(fmt.Sprintf("string of %d bytes", n), text(strings.Repeat("x", n)))
	}

	for _, kind := range []struct {
		name string
		ty   cty.Type
	}{
		{"string", cty.String}, {"number", cty.Number}, {"bool", cty.Bool}, {"list", cty.List(cty.String)},
		{"map", cty.Map(cty.Bool)}, {"object", block},
		{"empty object", cty.EmptyObject},
	} {
		add("null "+kind.name, cty.NullVal(kind.ty))
		add("unknown "+kind.name, cty.UnknownVal(kind.ty))
	}

	add("refined not null string", cty.UnknownVal(cty.String).RefineNotNull())
	add("refined prefix", cty.UnknownVal(cty.String).Refine().NotNull().StringPrefixFull("arn:").NewValue())
	add("refined long prefix", cty.UnknownVal(cty.String).Refine().NotNull().StringPrefixFull(strings.Repeat("p", 240)).NewValue())
	add("refined number bounds", cty.UnknownVal(cty.Number).Refine().NotNull().
		NumberRangeInclusive(cty.NumberIntVal(1), cty.MustParseNumberVal("2.5")).NewValue())
	add("refined number lower bound", cty.UnknownVal(cty.Number).Refine().
		NumberRangeLowerBound(cty.Zero, false).NewValue())
	add("refined list length", cty.UnknownVal(cty.List(cty.String)).Refine().NotNull().
		CollectionLengthLowerBound(1).CollectionLengthUpperBound(70000).NewValue())
	add("refined not null object", cty.UnknownVal(timeouts).RefineNotNull())
	add("refined not null bool", cty.UnknownVal(cty.Bool).RefineNotNull())
	add("refined inside a map", cty.MapVal(map[string]cty.Value{
		"a": cty.UnknownVal(cty.String).RefineNotNull(), "b": text("known"), "c": cty.UnknownVal(cty.String),
	}))

	add("list of strings", cty.ListVal([]cty.Value{text("b"), text("a"), text("b")}))
	add("list empty", cty.ListValEmpty(cty.String))
	add("list with null and unknown", cty.ListVal([]cty.Value{
		text("a"), cty.NullVal(cty.String), cty.UnknownVal(cty.String),
	}))
	var many []cty.Value
	entries := map[string]cty.Value{}
	for i := range 20 {
		many = append(many, cty.NumberIntVal(int64(i*i)))
		entries[fmt.Sprintf("key-%02d", i)] = cty.NumberIntVal(int64(i))
	}
	add("list of 20", cty.ListVal(many))
	add("list of 15", cty.ListVal(many[:15]))
	add("list of 16", cty.ListVal(many[:16]))
	add("list of lists", cty.ListVal([]cty.Value{
		cty.ListVal([]cty.Value{cty.True}), cty.ListValEmpty(cty.Bool), cty.NullVal(cty.List(cty.Bool)),
	}))
	add("list of objects", cty.ListVal([]cty.Value{
		object(map[string]cty.Value{"create": text("5m"), "read": cty.NullVal(cty.String)}),
		object(map[string]cty.Value{"create": cty.UnknownVal(cty.String), "read": text("")}),
	}))

	add("map of strings", cty.MapVal(map[string]cty.Value{"b": text("2"), "a": text("1"), "": text(""), "ö": text("3")}))
	add("map empty", cty.MapValEmpty(cty.String))
	add("map of 20", cty.MapVal(entries))
	add("map with null and unknown", cty.MapVal(map[string]cty.Value{
		"null": cty.NullVal(cty.Number), "unknown": cty.UnknownVal(cty.Number), "number": cty.NumberIntVal(1),
	}))
	add("map with a key that serde_json knows", cty.MapVal(map[string]cty.Value{
		"$serde_json::private::Number": text("1"),
	}))
	add("map with a key that serde_json knows too", cty.MapVal(map[string]cty.Value{
		"$serde_json::private::RawValue": text("1"),
	}))

	add("object empty", cty.EmptyObjectVal)
	add("object one attribute", object(map[string]cty.Value{"a": cty.NumberIntVal(1)}))
	add("object html attribute", object(map[string]cty.Value{"<&>": cty.True}))
	add("object as planned", object(map[string]cty.Value{
		"id": cty.UnknownVal(cty.String), "partition": cty.NullVal(cty.Number), "force": cty.True,
		"triggers": cty.MapVal(map[string]cty.Value{"run": text("1")}),
		"timeouts": cty.NullVal(timeouts),
		"offsets":  cty.UnknownVal(block.AttributeType("offsets")),
	}))
	add("object as stored", object(map[string]cty.Value{
		"id": text("4f2c"), "partition": cty.NumberIntVal(300), "force": cty.NullVal(cty.Bool),
		"triggers": cty.NullVal(cty.Map(cty.String)),
		"timeouts": object(map[string]cty.Value{"create": text("30m"), "read": cty.NullVal(cty.String)}),
		"offsets": cty.ListVal([]cty.Value{
			object(map[string]cty.Value{"before": cty.NumberIntVal(1 << 40), "after": cty.Zero}),
		}),
	}))

	return cases
}

// foreignCase is msgpack that go-cty does not write, and that it can read or must reject.
type foreignCase struct {
	name string
	hex  string
	ty   cty.Type
}

func foreign() []foreignCase {
	one := cty.Object(map[string]cty.Type{"a": cty.Number})
	two := cty.Object(map[string]cty.Type{"a": cty.Number, "b": cty.Number})
	return []foreignCase{
		{"uint8 5", "cc05", cty.Number},
		{"uint16 5", "cd0005", cty.Number},
		{"uint32 5", "ce00000005", cty.Number},
		{"uint64 5", "cf0000000000000005", cty.Number},
		{"uint64 max", "cfffffffffffffffff", cty.Number},
		{"uint64 2^63", "cf8000000000000000", cty.Number},
		{"int8 5", "d005", cty.Number},
		{"int8 -5", "d0fb", cty.Number},
		{"int16 5", "d10005", cty.Number},
		{"int16 -5", "d1fffb", cty.Number},
		{"int32 -5", "d2fffffffb", cty.Number},
		{"int64 -5", "d3fffffffffffffffb", cty.Number},
		{"int64 min", "d38000000000000000", cty.Number},
		{"float32 0.5", "ca3f000000", cty.Number},
		{"float32 0.1", "ca3dcccccd", cty.Number},
		{"float32 3", "ca40400000", cty.Number},
		{"float64 3", "cb4008000000000000", cty.Number},
		{"float64 0.1", "cb3fb999999999999a", cty.Number},
		{"float64 -0", "cb8000000000000000", cty.Number},
		{"float64 2^53+2", "cb4340000000000001", cty.Number},
		{"float64 2^63", "cb43e0000000000000", cty.Number},
		{"float64 1e100", "cb54b249ad2594c37d", cty.Number},
		{"float64 least normal", "cb0010000000000000", cty.Number},
		{"text 12", "a23132", cty.Number},
		{"text -12.50", "a62d31322e3530", cty.Number},
		{"text +5", "a22b35", cty.Number},
		{"text .5", "a22e35", cty.Number},
		{"text 5.", "a2352e", cty.Number},
		{"text 007", "a3303037", cty.Number},
		{"text 1E+2", "a431452b32", cty.Number},
		{"text 15e-1", "a53135652d31", cty.Number},
		{"text -0", "a22d30", cty.Number},
		{"text empty", "a0", cty.Number},
		{"text .", "a12e", cty.Number},
		{"text 1e", "a23165", cty.Number},
		{"text 1 2", "a3312032", cty.Number},
		{"text 0x10", "a430783130", cty.Number},
		{"text 1_000", "a5315f303030", cty.Number},
		{"text --1", "a32d2d31", cty.Number},
		{"text abc", "a3616263", cty.Number},
		{"number in bin", "c4023132", cty.Number},
		{"str8 a", "d90161", cty.String},
		{"str16 a", "da000161", cty.String},
		{"str32 a", "db0000000161", cty.String},
		{"bin8 a", "c40161", cty.String},
		{"bin16 a", "c5000161", cty.String},
		{"bin32 a", "c60000000161", cty.String},
		{"array16 of one", "dc0001a161", cty.List(cty.String)},
		{"array32 of one", "dd00000001a161", cty.List(cty.String)},
		{"map16 of one", "de0001a16101", cty.Map(cty.Number)},
		{"map32 of one", "df00000001a16101", cty.Map(cty.Number)},
		{"map with long key form", "81d9016101", cty.Map(cty.Number)},
		{"map32 object", "df00000001a16101", one},
		{"object in another order", "82a16202a16101", two},
		{"unknown fixext1 of type 5", "d40507", cty.String},
		{"unknown ext8 empty", "c70000", cty.Number},
		{"unknown ext8 empty of type 12", "c7000c", cty.Bool},
		{"unknown ext16 empty", "c8000000", block},
		{"unknown ext32 empty", "c90000000000", cty.List(cty.String)},
		{"unknown fixext4 refined", "d60c8101c200", cty.String},
		{"unknown ext16 refined", "c800030c8101c2", cty.String},
		{"unknown ext32 refined", "c9000000030c8101c2", cty.String},
		{"unknown fixext8 padded", "d70c8101c20000000000", cty.String},
		{"unknown fixext16 padded", "d80c8101c200000000000000000000000000", cty.Number},
		{"unknown in object", "81a161d40000", one},

		{"a bool for a string", "c3", cty.String},
		{"a number for a string", "05", cty.String},
		{"a string for a bool", "a474727565", cty.Bool},
		{"a number for a bool", "01", cty.Bool},
		{"a bool for a number", "c2", cty.Number},
		{"a list for a number", "9101", cty.Number},
		{"a string for a list", "a161", cty.List(cty.String)},
		{"a map for a list", "81a16101", cty.List(cty.String)},
		{"a list for a map", "9101", cty.Map(cty.Number)},
		{"a list for an object", "9101", one},
		{"a string for an object", "a161", one},
		{"object without an attribute", "81a16101", two},
		{"object with another attribute", "82a16101a16302", two},
		{"object with too many attributes", "82a16101a16202", one},
		{"object with a number as name", "810101", one},
		{"never used byte", "c1", cty.String},
		{"never used byte in a list", "91c1", cty.List(cty.String)},
		{"wrong element", "93a161a16205", cty.List(cty.String)},
	}
}
