// Starts an emulator for each test, and builds clients of the official SDK for it.
package clients

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	kafka "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kafka/v2"
	sts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1"
)

const (
	accessKey = "EMULATORACCESSKEY001"
	secretKey = "not-a-secret-for-the-emulator-only-00001"
	region    = "cn-north-4"
	project   = "0d0e0f00000000000000000000000001"
	domain    = "0d0e0f0000000000000000000000d0a1"
	instance  = "00000000-0000-4000-8000-00000000d305"
)

var control = http.Client{Timeout: 10 * time.Second}

// start returns the address of a new emulator with the demo data, merged with the seed unless it is empty.
func start(t *testing.T, seed []byte) string {
	t.Helper()
	command := exec.Command(os.Getenv("DMS_EMULATOR"), "--exit-with-stdin")
	stdin, err := command.StdinPipe()
	check(t, err)
	stdout, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	t.Cleanup(func() {
		check(t, stdin.Close())
		check(t, command.Wait())
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	check(t, err)
	url, found := strings.CutPrefix(strings.TrimSpace(line), "dms-emulator listening on ")
	if !found {
		t.Fatal(line)
	}
	if len(seed) > 0 {
		response, err := control.Post(url+"/_emulator/seed", "application/json", bytes.NewReader(seed))
		check(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		check(t, err)
		if response.StatusCode >= 300 {
			t.Fatalf("%s", body)
		}
	}
	return url
}

type (
	sdkBuilder = *core.HcHttpClientBuilder
	sdkClient  = *core.HcHttpClient
)

// build configures a client with the credentials; nil means those of the demo.
func build(t *testing.T, url string, builder sdkBuilder, credentials auth.ICredential) sdkClient {
	t.Helper()
	if credentials == nil {
		credentials = signed(t, accessKey, secretKey, "")
	}
	client, err := builder.WithEndpoint(url).WithCredential(credentials).SafeBuild()
	check(t, err)
	return client
}

// signed returns credentials for the project of the demo.
func signed(t *testing.T, accessKey, secretKey, token string) auth.ICredential {
	t.Helper()
	builder := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithProjectId(project)
	credentials, err := builder.WithSecurityToken(token).SafeBuild()
	check(t, err)
	return credentials
}

func kafkaClient(t *testing.T, url string, credentials auth.ICredential) *kafka.KafkaClient {
	t.Helper()
	return kafka.NewKafkaClient(build(t, url, kafka.KafkaClientBuilder(), credentials))
}

func iamClient(t *testing.T, url string) *iam.IamClient {
	t.Helper()
	builder := global.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey)
	credentials, err := builder.WithDomainId(domain).SafeBuild()
	check(t, err)
	return iam.NewIamClient(build(t, url, iam.IamClientBuilder(), credentials))
}

func stsClient(t *testing.T, url string) *sts.StsClient {
	t.Helper()
	return sts.NewStsClient(build(t, url, sts.StsClientBuilder(), nil))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
