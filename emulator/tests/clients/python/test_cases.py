"""Makes the calls of cases.json with the official SDK, and compares the models and exceptions that it returns."""

import json
import pathlib
import re

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization

from support import INSTANCE, MODULES, PROJECT, EmulatorTest

CASES = json.loads(pathlib.Path(__file__).parent.with_name("cases.json").read_text())


class Cases(EmulatorTest):
    maxDiff = None

    def test_every_case(self):
        for name, case in CASES.items():
            with self.subTest(name):
                self.start(case.get("seed"))
                previous = {}
                for step in case["steps"]:
                    if step.get("sdk", "python") == "python":
                        with self.subTest(step["call"], request=step["request"]):
                            previous = self.step(step, previous)

    def step(self, step, previous):
        """Makes one call, and returns its response as JSON. A request can quote fields of the previous response."""
        client, call = self.prepare(step, previous)
        response = {}
        if "refusal" in step:
            with self.assertRaises(ServiceResponseException) as raised:
                call(client)
            error = raised.exception
            self.assert_matches([error.status_code, error.error_code], step["refusal"][:2])
            self.assertTrue(error.error_msg.startswith(step["refusal"][2].removesuffix("*")), error.error_msg)
            self.assertTrue(error.request_id)
        else:
            model = call(client)
            response = sanitize_for_serialization(model)
            self.assert_matches(response, step.get("response", {}))
            if step.get("absent") != "*":
                self.assertEqual(sorted(unset(model)), step.get("absent", []), "fields without a value")
        if "offsets" in step:
            self.assertEqual(self.offsets(), step["offsets"])
        return response

    def prepare(self, step, previous):
        service = step.get("service", "kafka")
        text = json.dumps(step["request"])
        for key, value in previous.items():
            text = text.replace(f"{{{key}}}", str(value))
        model = getattr(MODULES[service], f"{step['call']}Request")
        names = {json_name: name for name, json_name in model.attribute_map.items()}
        defaults = {"instance_id": INSTANCE, "engine": "kafka"}
        fields = {name: value for name, value in defaults.items() if name in names} | json.loads(text)
        request = model(**{names[field]: value for field, value in fields.items()})
        credentials = BasicCredentials(*step["credentials"], PROJECT) if "credentials" in step else None
        method = re.sub("(?<=[a-z])(?=[A-Z])", "_", step["call"]).lower()
        return self.client(service, credentials), lambda client: getattr(client, method)(request)

    def assert_matches(self, actual, expected):
        """Compares JSON. An expected "*" matches any value except an empty one; "x*" any text that begins with x."""
        self.assertEqual(mask(actual, expected), expected)


def mask(actual, expected):
    """Replaces each part of `actual` that matches a pattern in `expected` with that pattern."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: mask(value, expected.get(key)) for key, value in actual.items()}
    if isinstance(expected, list) and isinstance(actual, list) and len(actual) == len(expected):
        return [mask(*pair) for pair in zip(actual, expected)]
    pattern = isinstance(expected, str) and expected.endswith("*")
    matches = pattern and actual not in (None, "") and str(actual).startswith(expected[:-1])
    return expected if matches else actual


def unset(value, path=""):
    """The paths of the fields of a model that are missing from the response."""
    if isinstance(value, list):
        return set().union(*(unset(item, path) for item in value))
    paths = set()
    for name in getattr(value, "openapi_types", ()):
        field, json_name = getattr(value, name), value.attribute_map[name]
        where = f"{path}.{json_name}" if path else json_name
        paths |= {where} if field is None else unset(field, where)
    return paths
