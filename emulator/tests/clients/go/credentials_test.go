// Looks up the project and the account, and obtains temporary credentials, with the official SDK.
package clients

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	sdkregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	kafka "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kafka/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kafka/v2/model"
	stsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1/model"
)

const seed = `{
  "agencies": [{"name": "deploy", "domain_id": "0d0e0f0000000000000000000000d0a3", "domain_name": "production"}],
  "identity_providers": [{"id": "ci", "id_tokens": ["header.claims.signature"]}]
}`

func readGroup(client *kafka.KafkaClient) error {
	_, err := client.ShowGroups(&model.ShowGroupsRequest{InstanceId: instance, Group: "billing"})
	return err
}

func TestProjectIsLookedUpByTheNameOfTheRegion(t *testing.T) {
	url := start(t, nil)
	builder := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithIamEndpointOverride(url)
	credentials, err := builder.SafeBuild()
	check(t, err)
	client, err := kafka.KafkaClientBuilder().WithRegion(sdkregion.NewRegion(region, url)).
		WithCredential(credentials).SafeBuild()
	check(t, err)
	check(t, readGroup(kafka.NewKafkaClient(client)))
}

func TestAccountIsLookedUp(t *testing.T) {
	url := start(t, nil)
	builder := global.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithIamEndpointOverride(url)
	credentials, err := builder.SafeBuild()
	check(t, err)
	client, err := iam.IamClientBuilder().WithRegion(sdkregion.NewRegion(region, url)).
		WithCredential(credentials).SafeBuild()
	check(t, err)
	_, err = iam.NewIamClient(client).KeystoneListAuthDomains(&iammodel.KeystoneListAuthDomainsRequest{})
	check(t, err)
}

func TestCredentialsOfAnAgencyCanSignWithTheirToken(t *testing.T) {
	url := start(t, []byte(seed))
	name := "production"
	identity := iammodel.AgencyAuthIdentity{
		Methods:    []iammodel.AgencyAuthIdentityMethods{iammodel.GetAgencyAuthIdentityMethodsEnum().ASSUME_ROLE},
		AssumeRole: &iammodel.IdentityAssumerole{AgencyName: "deploy", DomainName: &name},
	}
	ofIam, err := iamClient(t, url).CreateTemporaryAccessKeyByAgency(&iammodel.CreateTemporaryAccessKeyByAgencyRequest{
		Body: &iammodel.CreateTemporaryAccessKeyByAgencyRequestBody{Auth: &iammodel.AgencyAuth{Identity: &identity}},
	})
	check(t, err)
	ofSts, err := stsClient(t, url).AssumeAgency(&stsmodel.AssumeAgencyRequest{Body: &stsmodel.AssumeAgencyReqBody{
		AgencyUrn: "iam::0d0e0f0000000000000000000000d0a3:agency:deploy", AgencySessionName: "ci",
	}})
	check(t, err)
	for _, issued := range [][3]string{
		{ofIam.Credential.Access, ofIam.Credential.Secret, ofIam.Credential.Securitytoken},
		{ofSts.Credentials.AccessKeyId, ofSts.Credentials.SecretAccessKey, ofSts.Credentials.SecurityToken},
	} {
		var refusal *sdkerr.ServiceResponseError
		err := readGroup(kafkaClient(t, url, signed(t, issued[0], issued[1], "")))
		if !errors.As(err, &refusal) || refusal.StatusCode != 401 || refusal.ErrorCode != "APIGW.0301" {
			t.Errorf("expected a refusal without the token: %v", err)
		}
		check(t, readGroup(kafkaClient(t, url, signed(t, issued[0], issued[1], issued[2]))))
	}
}

func TestIdTokenIsExchangedForCredentials(t *testing.T) {
	url := start(t, []byte(seed))
	file := filepath.Join(t.TempDir(), "token")
	check(t, os.WriteFile(file, []byte("header.claims.signature"), 0o600))
	builder := basic.NewCredentialsBuilder().WithIdpId("ci").WithIdTokenFile(file).WithProjectId(project)
	credentials, err := builder.WithIamEndpointOverride(url).SafeBuild()
	check(t, err)
	check(t, readGroup(kafkaClient(t, url, auth.ICredential(credentials))))
}
