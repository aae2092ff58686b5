// Makes the calls of cases.json with the official SDK, and compares the models and errors that it returns.
package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kafka/v2/model"
)

type testCase struct {
	Seed  json.RawMessage
	Steps []step
}

type step struct {
	// The only SDK that makes the call; empty for both. The Go SDK cannot parse the documented response for the offsets
	// of a group, because it expects strings instead of numbers.
	SDK         string
	Service     string
	Call        string
	Credentials []string
	Request     json.RawMessage
	Response    map[string]any
	Refusal     []any
	Offsets     map[string][]int64
}

func TestEveryCase(t *testing.T) {
	text, err := os.ReadFile("../cases.json")
	check(t, err)
	var cases map[string]testCase
	check(t, json.Unmarshal(text, &cases))
	for name, testCase := range cases {
		t.Run(name, func(t *testing.T) {
			url := start(t, testCase.Seed)
			var previous map[string]any
			for _, step := range testCase.Steps {
				if step.SDK == "" || step.SDK == "go" {
					t.Run(step.Call, func(t *testing.T) { previous = step.run(t, url, previous) })
				}
			}
		})
	}
}

// run makes one call, and returns its response. A request can quote fields of the previous response.
func (s step) run(t *testing.T, url string, previous map[string]any) map[string]any {
	t.Logf("%s", s.Request)
	response, err := s.call(t, url, previous)
	if s.Refusal != nil {
		var refusal *sdkerr.ServiceResponseError
		if !errors.As(err, &refusal) {
			t.Fatalf("not refused by the service: %v", err)
		}
		actual := []any{refusal.StatusCode, refusal.ErrorCode, refusal.ErrorMessage}
		if text := s.Refusal[2].(string); !strings.HasSuffix(text, "*") {
			s.Refusal[2] = text + "*"
		}
		compare(t, convert(t, actual), convert(t, s.Refusal))
		if refusal.RequestId == "" {
			t.Error("the error has no request id")
		}
	} else {
		check(t, err)
		compare(t, convert(t, response), convert(t, s.Response))
	}
	if s.Offsets != nil {
		compare(t, convert(t, committed(t, url)), convert(t, s.Offsets))
	}
	result, _ := convert(t, response).(map[string]any)
	return result
}

// call finds the method by its name, and parses the request into its model.
func (s step) call(t *testing.T, url string, previous map[string]any) (any, error) {
	var client any
	switch s.Service {
	case "iam":
		client = iamClient(t, url)
	case "sts":
		client = stsClient(t, url)
	default:
		key, secret := accessKey, secretKey
		if s.Credentials != nil {
			key, secret = s.Credentials[0], s.Credentials[1]
		}
		client = kafkaClient(t, url, signed(t, key, secret, ""))
	}
	method := reflect.ValueOf(client).MethodByName(s.Call)
	if !method.IsValid() {
		t.Fatalf("the SDK has no method %s", s.Call)
	}
	request := reflect.New(method.Type().In(0).Elem())
	defaults := fmt.Sprintf(`{"instance_id": %q, "engine": "kafka"}`, instance)
	check(t, json.Unmarshal([]byte(defaults), request.Interface()))
	text := string(s.Request)
	for field, value := range previous {
		text = strings.ReplaceAll(text, "{"+field+"}", fmt.Sprint(value))
	}
	check(t, json.Unmarshal([]byte(text), request.Interface()))
	results := method.Call([]reflect.Value{request})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), err
}

// committed returns the offsets of the group `billing`, by topic.
func committed(t *testing.T, url string) map[string][]int64 {
	request := model.ShowGroupsRequest{InstanceId: instance, Group: "billing"}
	response, err := kafkaClient(t, url, nil).ShowGroups(&request)
	check(t, err)
	offsets := map[string][]int64{}
	for _, row := range *response.Group.GroupMessageOffsets {
		offsets[*row.Topic] = append(offsets[*row.Topic], *row.MessageCurrentOffset)
	}
	return offsets
}

// convert returns a value as JSON, without empty fields, because the models have null or "" for some absent fields.
func convert(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	check(t, err)
	var parsed any
	check(t, json.Unmarshal(text, &parsed))
	return prune(parsed)
}

func prune(value any) any {
	if object, ok := value.(map[string]any); ok {
		for field, inner := range object {
			if object[field] = prune(inner); inner == nil || inner == "" {
				delete(object, field)
			}
		}
		if len(object) == 0 {
			return nil
		}
	}
	if list, ok := value.([]any); ok {
		for index, inner := range list {
			list[index] = prune(inner)
		}
	}
	return value
}

// compare compares JSON. An expected "*" matches any value except an empty one, and "x*" any text that begins with x.
func compare(t *testing.T, actual, expected any) {
	t.Helper()
	if masked := mask(actual, expected); !reflect.DeepEqual(masked, expected) {
		text, _ := json.MarshalIndent(masked, "", "  ")
		want, _ := json.MarshalIndent(expected, "", "  ")
		t.Errorf("got %s\nexpected %s", text, want)
	}
}

// mask replaces each part of actual that matches a pattern in expected with that pattern.
func mask(actual, expected any) any {
	switch expected := expected.(type) {
	case map[string]any:
		if actual, ok := actual.(map[string]any); ok {
			for field, inner := range actual {
				actual[field] = mask(inner, expected[field])
			}
		}
	case []any:
		if actual, ok := actual.([]any); ok && len(actual) == len(expected) {
			for index, inner := range actual {
				actual[index] = mask(inner, expected[index])
			}
		}
	case string:
		start, pattern := strings.CutSuffix(expected, "*")
		if pattern && actual != nil && strings.HasPrefix(fmt.Sprint(actual), start) {
			return expected
		}
	}
	return actual
}
