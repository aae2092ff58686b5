"""Looks up the project and the account, and obtains temporary credentials, with the official SDK."""

import pathlib
import tempfile
from unittest import mock

from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkiam.v3 import CreateTemporaryAccessKeyByAgencyRequest, KeystoneListAuthDomainsRequest
from huaweicloudsdkkafka.v2 import ShowGroupsRequest
from huaweicloudsdksts.v1 import AssumeAgencyRequest

from support import ACCESS_KEY, DOMAIN, INSTANCE, PROJECT, REGION, SECRET_KEY, EmulatorTest

AGENCY = {"name": "deploy", "domain_id": "0d0e0f0000000000000000000000d0a3", "domain_name": "production"}
SEED = {
    "agencies": [AGENCY | {"permissions": ["dms:instance:get"]}],
    "identity_providers": [{"id": "ci", "id_tokens": ["header.claims.signature"]}],
    "metadata": {},
}


class Credentials(EmulatorTest):
    def setUp(self):
        self.start(SEED)
        # The SDK caches the project of each access key and region.
        for credentials in (BasicCredentials, GlobalCredentials):
            self.enterContext(mock.patch.dict(credentials._CACHE, clear=True))

    def assert_reads(self, credentials, region=None):
        request = ShowGroupsRequest(instance_id=INSTANCE, group="billing")
        self.assertEqual(self.client("kafka", credentials, region).show_groups(request).group.group_id, "billing")

    def test_project_is_looked_up_by_the_name_of_the_region(self):
        credentials = BasicCredentials(ACCESS_KEY, SECRET_KEY)
        self.assert_reads(credentials, REGION)
        self.assertEqual(credentials.project_id, PROJECT)

    def test_account_is_looked_up(self):
        credentials = GlobalCredentials(ACCESS_KEY, SECRET_KEY)
        self.client("iam", credentials, REGION).keystone_list_auth_domains(KeystoneListAuthDomainsRequest())
        self.assertEqual(credentials.domain_id, DOMAIN)

    def test_credentials_of_an_agency_of_iam_can_sign(self):
        role = {"agency_name": "deploy", "domain_name": "production"}
        body = {"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}}
        request = CreateTemporaryAccessKeyByAgencyRequest(body=body)
        issued = self.client("iam").create_temporary_access_key_by_agency(request).credential
        self.check_issued(issued.access, issued.secret, issued.securitytoken)

    def test_credentials_of_an_agency_of_sts_can_sign(self):
        body = {"agency_urn": f"iam::{AGENCY['domain_id']}:agency:deploy", "agency_session_name": "ci"}
        issued = self.client("sts").assume_agency(AssumeAgencyRequest(body=body)).credentials
        self.check_issued(issued.access_key_id, issued.secret_access_key, issued.security_token)

    def check_issued(self, access_key, secret_key, token):
        credentials = BasicCredentials(access_key, secret_key, PROJECT)
        with self.assertRaises(ClientRequestException) as raised:
            self.assert_reads(credentials)
        self.assertEqual((raised.exception.status_code, raised.exception.error_code), (401, "APIGW.0301"))
        self.assert_reads(credentials.with_security_token(token))

    def test_id_token_is_exchanged_for_credentials(self):
        with tempfile.TemporaryDirectory() as directory:
            token = pathlib.Path(directory, "token")
            token.write_text("header.claims.signature")
            credentials = BasicCredentials(project_id=PROJECT).with_idp_id("ci").with_id_token_file(str(token))
            self.assert_reads(credentials.with_iam_endpoint(self.url))

    def test_metadata_service_issues_credentials(self):
        self.enterContext(mock.patch.object(MetadataAccessor, "_METADATA_ENDPOINT", self.url))
        self.assert_reads(BasicCredentials(project_id=PROJECT))
