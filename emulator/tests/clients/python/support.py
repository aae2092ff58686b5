"""Starts an emulator for each test, and builds clients of the official SDK for it."""

import json
import os
import subprocess
import unittest
import urllib.request

from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.region.region import Region
import huaweicloudsdkiam.v3
import huaweicloudsdkkafka.v2
import huaweicloudsdksts.v1

ACCESS_KEY = "EMULATORACCESSKEY001"
SECRET_KEY = "not-a-secret-for-the-emulator-only-00001"
REGION = "cn-north-4"
PROJECT = "0d0e0f00000000000000000000000001"
DOMAIN = "0d0e0f0000000000000000000000d0a1"
INSTANCE = "00000000-0000-4000-8000-00000000d305"

MODULES = {"kafka": huaweicloudsdkkafka.v2, "iam": huaweicloudsdkiam.v3, "sts": huaweicloudsdksts.v1}
CLIENTS = {
    "kafka": huaweicloudsdkkafka.v2.KafkaClient,
    "iam": huaweicloudsdkiam.v3.IamClient,
    "sts": huaweicloudsdksts.v1.StsClient,
}


# The method and the path of every request so far that succeeded.
CALLS = set()


class EmulatorTest(unittest.TestCase):
    """A test with an emulator. Each `start` replaces the previous emulator."""

    def start(self, seed=None):
        command = [os.environ["DMS_EMULATOR"], "--exit-with-stdin"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(stop, process)
        self.url = process.stdout.readline().strip().removeprefix("dms-emulator listening on ")
        self.assertTrue(self.url.startswith("http://127.0.0.1:"), self.url)
        self.addCleanup(record_calls, self.url)
        if seed:
            self.control("POST", "seed", seed)

    def control(self, method, path, document=None):
        body = json.dumps(document).encode() if document is not None else None
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data=body, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    def client(self, service, credentials=None, region=None):
        if credentials is None and service == "iam":
            credentials = GlobalCredentials(ACCESS_KEY, SECRET_KEY, DOMAIN)
        credentials = credentials or BasicCredentials(ACCESS_KEY, SECRET_KEY, PROJECT)
        builder = CLIENTS[service].new_builder().with_credentials(credentials)
        if region:
            # With a region but no project or account, the SDK looks it up in IAM.
            credentials.with_iam_endpoint(self.url)
            return builder.with_region(Region(region, self.url)).build()
        return builder.with_endpoint(self.url).build()

    def offsets(self):
        """The committed offsets of the group `billing`, by topic."""
        request = huaweicloudsdkkafka.v2.ShowGroupsRequest(instance_id=INSTANCE, group="billing")
        offsets = {}
        for row in self.client("kafka").show_groups(request).group.group_message_offsets:
            offsets.setdefault(row.topic, []).append(row.message_current_offset)
        return offsets


def record_calls(url):
    with urllib.request.urlopen(f"{url}/_emulator/journal", timeout=10) as response:
        CALLS.update((entry["method"], entry["path"]) for entry in json.load(response) if entry["status"] < 300)


def stop(process):
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=10)
