"""Topics: built, taken apart, and refused."""

import unittest

import golden

from sealwire import topics
from sealwire.errors import MALFORMED, WireError

VECTORS = golden.load("topics")


class Topics(unittest.TestCase):
    def test_a_topic_is_built_and_taken_apart(self):
        for vector in VECTORS["topics"]:
            self.assertEqual(getattr(topics, vector["leaf"])(vector["id"]), vector["topic"])
            self.assertEqual(topics.parse(vector["topic"]), (vector["id"], vector["leaf"]))

    def test_a_gateway_has_its_own_echo(self):
        for vector in VECTORS["echo"]:
            self.assertEqual(topics.echo(vector["id"]), vector["topic"])

    def test_what_is_no_topic_of_a_seal_is_refused(self):
        for vector in VECTORS["refused"]:
            with self.assertRaises(WireError) as caught:
                topics.parse(vector["topic"])
            self.assertEqual(caught.exception.reason, MALFORMED, vector["name"])

    def test_a_topic_cut_short_anywhere_is_refused(self):
        for vector in VECTORS["topics"]:
            for end in range(len(vector["topic"])):
                with self.assertRaises(WireError):
                    topics.parse(vector["topic"][:end])

    def test_no_topic_is_built_from_what_is_no_id(self):
        for vector in VECTORS["refused_ids"]:
            for build in (topics.report, topics.receipt, topics.echo):
                with self.assertRaises(ValueError):
                    build(vector["id"])

    def test_a_report_topic_is_what_a_gateway_subscribes_to(self):
        mask = topics.EVERY_REPORT.split("/")
        topic = topics.report("0" * 16).split("/")
        self.assertEqual(len(mask), len(topic))
        self.assertTrue(all([m in ("+", t) for m, t in zip(mask, topic)]))
